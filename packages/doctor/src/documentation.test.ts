import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FINDING_CODES } from './finding.ts'

const PAGE = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8')
const ROWS = [...PAGE.matchAll(/^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, ...cells]) => cells,
)

describe('docs/doctor.md', () => {
  it('explains every code once, and no other', () => {
    expect(ROWS.map(([code]) => code).sort()).toEqual([...FINDING_CODES].sort())
  })

  it('says of each how severe it is', () => {
    for (const [code, severity] of ROWS) expect(severity, code).toMatch(/^(problem|note)/)
  })
})
