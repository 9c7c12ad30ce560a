import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_COLUMNS, sampleRecords, writeCsv } from './adapters/darpa-tc.fixture.ts'
import type { Dataset } from './dataset.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type DatasetRequest, loadDataset } from './load-dataset.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-data-'))
const csv = join(folder, 'good.csv')
const parquet = join(folder, 'good.parquet')
const inFolder = (name: string) => join(folder, name)

const darpa = (path: string | null, changes: Partial<DatasetRequest> = {}): DatasetRequest => ({
  dataset: 'darpa-tc',
  path,
  features: 'behaviour',
  split: 'stratified',
  splitSeed: 42,
  seed: 1,
  rows: null,
  ...changes,
})
const generated = (changes: Partial<DatasetRequest> = {}): DatasetRequest => ({
  ...darpa(null),
  dataset: 'synthetic',
  rows: 3000,
  ...changes,
})

beforeAll(async () => {
  writeCsv(csv, sampleRecords())
  await runSql(`COPY (SELECT * FROM read_csv('${csv}', all_varchar = true)) TO '${parquet}'`)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function runSql(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

describe('loadDataset', () => {
  it.each(['seed7', 'behaviour', 'full'] as const)(
    'fills every matrix of the profile %s, for both kinds of data',
    async (features) => {
      for (const request of [darpa(csv, { features }), generated({ features })]) {
        const { dataset, pipeline } = await loadDataset(request)
        expect(dataset.dense.length).toBe(dataset.rowCount * dataset.denseNames.length)
        expect(dataset.categorical.length).toBe(dataset.rowCount * dataset.categoricalColumns.length)
        expect(pipeline.columns.length).toBe(dataset.denseNames.length + dataset.categoricalColumns.length)
        for (const value of dataset.dense) expect(Math.abs(value)).toBeLessThanOrEqual(3)
        for (const [c, column] of dataset.categoricalColumns.entries()) {
          for (let row = 0; row < dataset.rowCount; row++)
            expect(dataset.categorical[row * dataset.categoricalColumns.length + c]).toBeLessThan(column.vocabularySize)
        }
        expect(dataset.posterior === null).toBe(request.dataset === 'darpa-tc')
        expect(dataset.fingerprint.length).toBe(32)
      }
    },
  )

  it('gives the same bytes for the same request', async () => {
    for (const request of [darpa(csv), darpa(parquet), generated()]) {
      expect(await loadDataset(request)).toEqual(await loadDataset(request))
    }
  })

  it('gives the same bytes from CSV, Parquet, and a folder of parts with awkward names', async () => {
    const parts = inFolder("parts [1]*? of 'it'")
    mkdirSync(parts)
    const records = sampleRecords()
    writeCsv(join(parts, 'a.csv'), records.slice(0, 100))
    writeCsv(join(parts, 'b.csv'), records.slice(100), [...SAMPLE_COLUMNS])
    const expected = (await loadDataset(darpa(csv))).dataset.fingerprint
    expect((await loadDataset(darpa(parquet))).dataset.fingerprint).toEqual(expected)
    expect((await loadDataset(darpa(parts))).dataset.fingerprint).toEqual(expected)
  })

  it('fits the pipeline on training rows only', async () => {
    const full = { features: 'full' } as const
    const records = sampleRecords().map((record, row) => ({ ...record, process_pid: String(row % 50) }))
    writeCsv(inFolder('before.csv'), records)
    const before = await loadDataset(darpa(inFolder('before.csv'), full))
    // A number that no history looks at becomes another one in all rows that are not for training.
    for (const part of ['validation', 'test'] as const)
      for (const row of before.dataset.splits[part].rows) records[row] = { ...records[row], process_pid: '7' }
    writeCsv(inFolder('after.csv'), records)
    const after = await loadDataset(darpa(inFolder('after.csv'), full))
    expect(after.pipeline).toEqual(before.pipeline)
    expect(after.dataset.dense).not.toEqual(before.dataset.dense)
  })

  it('applies a given pipeline unchanged to other data', async () => {
    const { pipeline } = await loadDataset(generated())
    const saved = JSON.parse(JSON.stringify(pipeline))
    const later = await loadDataset(generated({ seed: 9, pipeline: saved }))
    expect(later.pipeline).toEqual(pipeline)
    expect(later.dataset.categoricalColumns).toEqual((await loadDataset(generated())).dataset.categoricalColumns)
    expect((await loadDataset(generated({ seed: 9 }))).pipeline).not.toEqual(pipeline)
  })

  it('keeps the exact posterior beside generated rows', async () => {
    const { dataset } = await loadDataset(generated({ rows: 20_000 }))
    const mean = [0, 0]
    const rows = [0, 0]
    for (let row = 0; row < dataset.rowCount; row++) {
      mean[dataset.labels[row]] += dataset.posterior?.[row] ?? Number.NaN
      rows[dataset.labels[row]]++
    }
    expect(mean[1] / rows[1]).toBeGreaterThan(0.8)
    expect(mean[0] / rows[0]).toBeLessThan(0.05)
  })
})

describe('fingerprint', () => {
  it('changes with everything it covers', async () => {
    const { dataset } = await loadDataset(generated())
    const bumped = <A extends Float32Array | Uint32Array | Uint16Array | Uint8Array>(array: A): A => {
      const copy = array.slice() as A
      copy[copy.length - 1] += 1
      return copy
    }
    const { splits } = dataset
    const changes: Partial<Dataset>[] = [
      { name: 'other' },
      { dense: bumped(dataset.dense) },
      { categorical: bumped(dataset.categorical) },
      { labels: bumped(dataset.labels) },
      { classes: bumped(dataset.classes) },
      { posterior: null },
      { consequences: { ratios: null, hazard: 0, damage: null } },
      { consequences: { ratios: null, hazard: 0.5, damage: null } },
      { consequences: { ratios: Float32Array.of(1), hazard: 0, damage: null } },
      { consequences: { ratios: Float32Array.of(2), hazard: 0, damage: null } },
      { consequences: { ratios: null, hazard: 0, damage: Float32Array.of(1) } },
      { consequences: { ratios: null, hazard: 0, damage: null, criticality: Float32Array.of(1) } },
      { eventsPerDay: { validation: 1, test: 2 } },
      { denseNames: [...dataset.denseNames].reverse() },
      { classNames: [...dataset.classNames].reverse() },
      {
        categoricalColumns: dataset.categoricalColumns.map((column) => ({
          ...column,
          vocabularySize: column.vocabularySize + 1,
        })),
      },
      { splits: { ...splits, test: { ...splits.test, rows: bumped(splits.test.rows) } } },
      { splits: { ...splits, test: { ...splits.test, streamStarts: bumped(splits.test.streamStarts) } } },
      { splits: { train: splits.validation, validation: splits.train, test: splits.test } },
    ]
    const fingerprints = [{}, ...changes].map((change) =>
      Buffer.from(fingerprintOf({ ...dataset, ...change })).toString('hex'),
    )
    expect(fingerprints[0]).toBe(Buffer.from(dataset.fingerprint).toString('hex'))
    expect(new Set(fingerprints).size).toBe(fingerprints.length)
  })
})
