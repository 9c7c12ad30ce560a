import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readTree, repositoryRoot } from '../tree.ts'
import { errorPage } from './error-codes.ts'

it('docs/errors.md has every code of every package, and no other', async () => {
  const page = await errorPage(readTree(repositoryRoot), repositoryRoot)
  expect(page).toContain('| `TOO_FEW_AGENTS` | failure |')
  await expect(page).toMatchFileSnapshot(join(repositoryRoot, 'docs/errors.md'))
})
