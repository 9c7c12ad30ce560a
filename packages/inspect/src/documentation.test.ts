import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { INSPECT_CODES } from './finding.ts'

const PAGE = readFileSync(new URL('../../../docs/inspect.md', import.meta.url), 'utf8')
const ROWS = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, ...cells]) => cells,
)

it('docs/inspect.md explains every code once, with its severities, and no other', () => {
  expect(ROWS.map(([code]) => code).sort()).toEqual([...INSPECT_CODES].sort())
  for (const [code, severities] of ROWS) expect(severities, code).toMatch(/^(problem|note|fact)(, (note|problem))*$/)
})
