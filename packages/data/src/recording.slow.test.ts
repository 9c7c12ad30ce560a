import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RawColumn } from '@vigil/features'
import { describe, expect, it } from 'vitest'
import { cdmLine } from './adapters/cdm-json.fixture.ts'
import { SAMPLE_COLUMNS, type SampleRecord } from './adapters/darpa-tc.fixture.ts'
import { darpaTc } from './adapters/darpa-tc.ts'
import { type DatasetRequest, loadDataset } from './load-dataset.ts'
import { literal, openDatabase } from './tables/database.ts'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const recording = resolve(repository, process.env.VIGIL_DATA ?? '../shared/data', 'darpa-tc-trace-e5')
if (!existsSync(recording))
  console.warn('The tests on the real recording are skipped: VIGIL_DATA has no darpa-tc-trace-e5.')

const recorded = (split: DatasetRequest['split']): DatasetRequest => ({
  dataset: 'darpa-tc',
  path: recording,
  features: 'behaviour',
  split,
  splitSeed: 42,
  seed: 1,
  rows: null,
})

describe.skipIf(!existsSync(recording))('the real recording', () => {
  it('has its known size, labels and classes, and begins every clip without a past', async () => {
    const { dataset } = await loadDataset(recorded('stratified'))
    expect(dataset.rowCount).toBe(500_000)
    expect(dataset.labels.reduce((sum, label) => sum + label, 0)).toBe(54_634)
    expect(dataset.classNames).toContain('MPROTECT protection 5')
    for (const part of ['validation', 'test'] as const) {
      const { rows } = dataset.splits[part]
      expect(rows.length).toBe(75_000)
      expect(rows.reduce((sum, row) => sum + dataset.labels[row], 0)).toBe(8195)
    }
    const width = dataset.categoricalColumns.length
    const kind = dataset.categoricalColumns.findIndex((column) => column.name === 'caller_kind_1')
    for (let clip = 0; clip < 5; clip++) expect(dataset.categorical[clip * 100_000 * width + kind]).toBe(0)
  })

  it('has a class in the temporal test part that training never showed', async () => {
    const { dataset } = await loadDataset(recorded('temporal'))
    const novel = dataset.classNames.indexOf('MPROTECT protection 5')
    const rowsOf = (part: 'train' | 'test') =>
      dataset.splits[part].rows.filter((row) => dataset.classes[row] === novel).length
    expect(rowsOf('train')).toBe(0)
    expect(rowsOf('test')).toBeGreaterThan(1000)
  })

  it('gives the same inputs when every description and the event behind it are swapped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-swap-'))
    try {
      const [recorded, swapped] = [join(folder, 'recorded.parquet'), join(folder, 'swapped.parquet')]
      const places = await copySlice(recorded, swapped)
      const [before, after] = [await inputsOf(recorded), await inputsOf(swapped)]
      let moved = 0
      for (const [source, column] of before) {
        const told = after.get(source)!
        for (let place = 0; place < places.length; place++) {
          if (!Object.is(meaning(told, place), meaning(column, places[place])))
            throw new Error(`${source} of row ${places[place]} changes when it moves to ${place}`)
        }
      }
      for (let place = 0; place < places.length; place++) moved += places[place] === place ? 0 : 1
      expect(moved).toBeGreaterThan(1000)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is the same where its records are JSON, with labels by the rule', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-cdm-'))
    try {
      const [table, json] = [join(folder, 'slice.parquet'), join(folder, 'slice.json')]
      writeFileSync(json, (await sliceRecords(table)).map(cdmLine).join('\n'))
      expect(await inputsOf(json)).toEqual(await inputsOf(table))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** All records of files and some of each other kind: writes them as Parquet, and returns them as text. */
async function sliceRecords(path: string): Promise<SampleRecord[]> {
  const database = await openDatabase()
  try {
    await database.run(`CREATE TABLE slice AS
      SELECT * FROM read_parquet(${literal(join(recording, '*.parquet'))})
      QUALIFY record_type = 'RECORD_FILE_OBJECT' OR row_number() OVER (PARTITION BY record_type, event_type) <= 500`)
    await database.run(`COPY slice TO ${literal(path)} (FORMAT parquet)`)
    const texts = SAMPLE_COLUMNS.map((name) => (name === 'file_size' ? `${name}::BIGINT::VARCHAR` : `${name}::VARCHAR`))
    const rows = await database.rows(`SELECT ${texts.join(', ')} FROM slice`)
    return rows.map((row) => Object.fromEntries(SAMPLE_COLUMNS.map((name, i) => [name, row[i]])) as SampleRecord)
  } finally {
    database.close()
  }
}

/** Rows of the slice that is swapped: of one clip, since nothing is carried from one to the next. */
const SLICE_ROWS = 20_000

/** Writes a slice of the recording as it is and with swapped lines; returns which row lies at each place of the latter. */
async function copySlice(recorded: string, swapped: string): Promise<Int32Array> {
  const database = await openDatabase()
  try {
    await database.run(`CREATE TABLE slice AS
      WITH numbered AS (
        SELECT (row_number() OVER () - 1)::INTEGER AS row, * FROM read_parquet(${literal(join(recording, 'chunk_0000.parquet'))}) LIMIT ${SLICE_ROWS}
      )
      SELECT *, row + CASE
        WHEN record_type <> 'RECORD_EVENT' AND lead(record_type) OVER lines = 'RECORD_EVENT' THEN 1
        WHEN record_type = 'RECORD_EVENT' AND lag(record_type) OVER lines <> 'RECORD_EVENT' THEN -1
        ELSE 0 END AS place
      FROM numbered WINDOW lines AS (ORDER BY row)`)
    const copy = (order: string, path: string) =>
      database.run(
        `COPY (SELECT * EXCLUDE (row, place) FROM slice ORDER BY ${order}) TO ${literal(path)} (FORMAT parquet)`,
      )
    await copy('row', recorded)
    await copy('place', swapped)
    const [places] = await database.integers('SELECT row FROM slice ORDER BY place', SLICE_ROWS)
    return places
  } finally {
    database.close()
  }
}

/** Every column that the profile `full` reads, by name. */
async function inputsOf(path: string): Promise<Map<string, RawColumn>> {
  const events = await darpaTc.open({ path, seed: 1, rows: null }, () => undefined)
  try {
    const columns = new Map<string, RawColumn>()
    for (const { source } of events.plan('full', new Uint32Array(0))) columns.set(source, await events.column(source))
    columns.set('label', { kind: 'number', values: Float64Array.from(events.labels) })
    return columns
  } finally {
    events.close()
  }
}

/** What a cell says, whatever its code. */
const meaning = (column: RawColumn, row: number) =>
  column.kind === 'number' ? column.values[row] : (column.dictionary[column.codes[row]] ?? null)
