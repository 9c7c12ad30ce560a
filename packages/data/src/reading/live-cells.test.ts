/** Whoever reads an event live must find in it what a training finds in a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEventReader, type FeaturePipeline, parseJson, type RawEvent } from '@vigil/features'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readTable } from './read-table.ts'

const MISSING = ['', '-', 'NaN', '0']

/** Three inputs of one cell each, and a time. */
const pipeline: FeaturePipeline = {
  ...{ version: 1, dataset: 'events', features: 'behaviour' },
  columns: [
    { kind: 'vocabulary', name: 'word', source: 'word', tokens: [] },
    { kind: 'standard', name: 'deep.size', source: 'deep.size', mean: 0, deviation: 1 },
  ],
  history: {
    columns: [],
    keys: [{ name: 'stream', limit: 9, idleMs: null }],
    folds: [{ name: 'gap', key: 'stream', kind: 'gap' }],
  },
  reading: {
    missing: MISSING,
    time: { column: 'at', unit: 'auto' },
    stream: ['word'],
    keys: { stream: ['word'] },
    where: null,
    labels: [],
  },
}

const cell = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    ' - ',
    'NaN',
    '0',
    '0.0',
    '00',
    'inf',
    '-Infinity',
    '1e999',
    '0x1F',
    'true',
    'ünï',
    '\ud800',
    ' a b ',
  ),
  fc.string(),
  fc.double().map((value) => (Number.isFinite(value) ? value : null)),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((value) => ({ raw: String(value) })),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 3 }),
)
const time = fc.oneof(
  fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(
    '-',
    '',
    'yesterday',
    '1626883065.201:216697',
    '1700000000.25',
    1_700_000_000,
    1_700_000_000_123,
    '2024-02-29',
  ),
  fc.constant(null),
)

/** JSON in which a number may stand that no double holds. */
function jsonOf(event: { word: unknown; size: unknown; at: unknown }): string {
  const text = (value: unknown) =>
    typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : JSON.stringify(value)
  return `{"word":${text(event.word)},"deep":{"other":{"x":1},"size":${text(event.size)}},"at":${text(event.at)}}`
}

it('an event has the values live that its line has in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-live-cells-'))
  const path = join(folder, 'events.jsonl')
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ word: cell, size: cell, at: time }), { minLength: 1, maxLength: 20 }),
        async (events) => {
          const lines = events.map(jsonOf)
          writeFileSync(path, `${lines.join('\n')}\n`)
          const readAs = new Map([
            ['word', 'tokens'],
            ['deep.size', 'numbers'],
            ['at', 'times'],
          ] as const)
          const plan = {
            readAs: { named: readAs, others: null },
            missing: MISSING,
            timeUnit: null,
            keep: null,
            rowsMax: 100,
          }
          const style = { format: 'jsonl', encoding: 'utf-8', delimiter: null, header: null } as const
          const table = await readTable([path], style, plan, () => undefined)
          const columnOf = (name: string) => table.columns.get(name)?.column
          const reader = createEventReader(pipeline)
          let latest = 0
          for (const [row, line] of lines.entries()) {
            const raw = parseJson(line) as RawEvent
            const [word, size, at] = ['word', 'deep.size', 'at'].map(columnOf)
            const text = word?.kind === 'token' && word.codes[row] >= 0 ? word.dictionary[word.codes[row]] : null
            const number = size?.kind === 'number' && !Number.isNaN(size.values[row]) ? size.values[row] : null
            if (at?.kind === 'number' && !Number.isNaN(at.values[row])) latest = at.values[row]
            const { values, time: nanoseconds, cellCount } = reader.read(raw)
            expect(cellCount).toBe(Object.values(events[row]).filter((value) => value !== null).length)
            expect(values.word).toBe(text)
            expect(values['deep.size']).toBe(number)
            expect(Number(nanoseconds / 1_000_000n)).toBe(Math.floor(latest))
          }
        },
      ),
      { numRuns: 300 },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
