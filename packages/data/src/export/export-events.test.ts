import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadDataset } from '../load-dataset.ts'
import { literal, openDatabase } from '../tables/database.ts'
import { exportEvents } from './export-events.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-export-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** More rows than DuckDB takes at a time. */
const ROWS = 5000

function describeFlows(): string {
  const rows = Array.from(
    { length: ROWS },
    (_, i) =>
      `${i % 10 === 0 ? '' : i / 4},${i % 3 === 0 ? 'udp' : 'tcp'},h${i % 7},${i % 9 === 0 ? 'scan' : 'normal'}`,
  )
  writeFileSync(join(folder, 'flows.csv'), `size,proto,host,label\n${rows.join('\n')}\n`)
  const path = join(folder, 'events.yaml')
  writeFileSync(
    path,
    'files: { all: [flows.csv] }\nlabel: { column: label, benign: [normal] }\nclass: label\nstream: [host]\n',
  )
  return path
}

const requestOf = (path: string) =>
  ({ dataset: 'events', path, features: 'behaviour', split: 'described', splitSeed: 42, seed: 1, rows: null }) as const

async function rowsOf(path: string): Promise<unknown[][]> {
  const database = await openDatabase()
  try {
    return await database.rows(`SELECT * FROM read_parquet(${literal(path)})`)
  } finally {
    database.close()
  }
}

it('writes the inputs that a team sees, in the order of the files', async () => {
  const request = requestOf(describeFlows())
  const out = join(folder, 'out.parquet')
  expect(await exportEvents(request, { out, raw: false })).toEqual({ rows: ROWS, columns: 6 })
  const { dataset } = await loadDataset(request)
  const parts = new Map(
    (['train', 'validation', 'test'] as const).flatMap((name) =>
      Array.from(dataset.splits[name].rows, (row) => [row, name]),
    ),
  )
  const rows = await rowsOf(out)
  expect(rows).toHaveLength(ROWS)
  for (const [row, cells] of rows.entries()) {
    const name = dataset.classNames[dataset.classes[row]]
    expect(cells).toEqual([
      dataset.dense[row],
      dataset.categorical[row],
      dataset.labels[row],
      name,
      parts.get(row),
      row % 7,
    ])
  }
})

it('writes the columns as they were read with raw', async () => {
  const out = join(folder, 'raw.parquet')
  await exportEvents(requestOf(describeFlows()), { out, raw: true })
  const rows = await rowsOf(out)
  expect(rows[0].slice(0, 4)).toEqual([null, 'udp', 1, 'scan'])
  expect(rows[1].slice(0, 4)).toEqual([0.25, 'tcp', 0, 'benign'])
})

it('touches no file that is there, and leaves nothing where it cannot write', async () => {
  const request = requestOf(describeFlows())
  const out = join(folder, 'flows.csv')
  await expect(exportEvents(request, { out, raw: false })).rejects.toMatchObject({ code: 'FILE_EXISTS', kind: 'usage' })
  const lost = join(folder, 'absent', 'out.parquet')
  await expect(exportEvents(request, { out: lost, raw: false })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  expect(existsSync(lost)).toBe(false)
  expect(readdirSync(folder).sort()).toEqual(['events.yaml', 'flows.csv'])
})

it('gives names that differ in capitals alone a number, and label, class, split and stream their own', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => `${i},${i % 3},${i % 5},${i % 4 === 0 ? 'bad' : 'good'}`)
  writeFileSync(join(folder, 'flows.csv'), `Proto,proto,Class,kind\n${rows.join('\n')}\n`)
  const path = join(folder, 'events.yaml')
  writeFileSync(path, 'files: { all: [flows.csv] }\nlabel: { column: kind, threat: [bad] }\n')
  const out = join(folder, 'out.parquet')
  await exportEvents(requestOf(path), { out, raw: true })
  const database = await openDatabase()
  const described = await database.rows(`DESCRIBE SELECT * FROM read_parquet(${literal(out)})`)
  database.close()
  expect(described.map(([name]) => name)).toEqual([
    'Proto',
    'proto (2)',
    'Class (2)',
    'label',
    'class',
    'split',
    'stream',
  ])
})
