import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHAIN_BEGIN } from '@vigil/agreement'
import { expect, it, onTestFinished } from 'vitest'
import { readPast } from './past-files.ts'

it('a past that cannot be read is refused by its name, and without it an agent begins with the first batch', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-past-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const bundle = 'ab'.repeat(32)
  const path = join(folder, `past-7-20-${CHAIN_BEGIN}-${bundle.slice(0, 16)}.state`)
  writeFileSync(path, `{"version":2,"bundle":"${bundle}"}\n`)
  await expect(readPast(folder, () => bundle)).rejects.toMatchObject({
    code: 'STATE_INVALID',
    message: `${path} is no past that this version can read. Move it away: the agent is given the events before it again.`,
  })
  rmSync(path)
  expect(await readPast(folder, () => bundle)).toMatchObject({ place: { batch: 0, firstRow: 0 }, past: null })
})
