import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writtenFallback } from '../written-decision.ts'
import { agreedChain } from './agreed-batch.fixture.ts'
import { auditDecisions } from './audit-decisions.ts'
import { certifiedLines } from './certified-lines.ts'
import { openEventLog } from './event-log.ts'

const BATCHES = [['["a",{}]', '[2,{},[[{"host":"h1"},true,"v"]]]'], ['[3,{}]']]
const certificates = agreedChain(BATCHES).map(({ certificate }) => certificate)
const LINES = [...certifiedLines(certificates[0], ['a', 2]), ...certifiedLines(certificates[1], [3])]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-audit-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What an audit finds of batches that were gathered, and of lines. */
async function audit(batches: readonly (readonly string[])[], lines: readonly string[], known = certificates) {
  const files = { events: join(folder, 'events.log'), decisions: join(folder, 'decisions.jsonl') }
  const log = await openEventLog(files.events, () => undefined)
  for (const events of batches) await log.append({ firstRow: log.rowCount, line: 1, taken: [], events })
  await log.close()
  writeFileSync(files.decisions, lines.map((line) => `${line}\n`).join(''))
  const before = readFileSync(files.events)
  const found = await auditDecisions(known, files)
  expect(readFileSync(files.events)).toEqual(before)
  return found
}

describe('the files of an enforcer', () => {
  it('hold where each line is the certified one, and its events and verdicts are those that were signed', async () => {
    expect(await audit(BATCHES, LINES)).toEqual({ certified: 3, verdicts: 1, late: 0, wrong: null })
  })

  it('hold with fallbacks in place of lines, with lines that are yet to come, and with a batch that is yet to be certified', async () => {
    const late = writtenFallback(2, 3)
    expect(await audit(BATCHES, [LINES[0], late, LINES[2]])).toEqual({
      certified: 2,
      verdicts: 1,
      late: 1,
      wrong: null,
    })
    rmSync(join(folder, 'events.log'))
    expect(await audit(BATCHES, LINES.slice(0, 2))).toMatchObject({ certified: 2, wrong: null })
    rmSync(join(folder, 'events.log'))
    const open = await audit(BATCHES, [...LINES.slice(0, 2), writtenFallback(3, 3)], certificates.slice(0, 1))
    expect(open).toEqual({ certified: 2, verdicts: 1, late: 1, wrong: null })
  })

  it.each<[string, readonly (readonly string[])[], readonly string[], RegExp]>([
    ['an action was changed', BATCHES, [LINES[0].replace('"action":"', '"action":"x'), ...LINES.slice(1)], /^Line 1 /],
    ['a fallback is of another event', BATCHES, [LINES[0], writtenFallback(7, 3), LINES[2]], /^Line 2 /],
    ['a line has been added', BATCHES, [...LINES, LINES[2]], /^Line 4 .* no event/],
    ['a verdict was changed', [[BATCHES[0][0], BATCHES[0][1].replace('true', 'false')], BATCHES[1]], LINES, /batch 0/],
    ['a verdict was left out', [[BATCHES[0][0], '[2,{}]'], BATCHES[1]], LINES, /batch 0/],
    ['an event was changed', [BATCHES[0], ['[3,{"bytes":1}]']], LINES, /batch 1/],
    ['a batch is missing', BATCHES.slice(0, 1), LINES.slice(0, 2), /batch 1.* missing/],
  ])('do not hold where %s', async (_, batches, lines, wrong) => {
    expect((await audit(batches, lines)).wrong).toMatch(wrong)
  })
})
