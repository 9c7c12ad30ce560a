import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { VigilError } from '@vigil/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_COLUMNS, type SampleRecord, sampleRecords, writeCsv } from './adapters/darpa-tc.fixture.ts'
import { type DatasetRequest, loadDataset } from './load-dataset.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-bad-data-'))
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

describe('bad data', () => {
  const edited = (name: string, edit: (records: SampleRecord[]) => void, columns?: readonly string[]): string => {
    const records = sampleRecords()
    edit(records)
    writeCsv(inFolder(name), records, columns)
    return inFolder(name)
  }
  const written = (name: string, content: string | Uint8Array): string => {
    writeFileSync(inFolder(name), content)
    return inFolder(name)
  }
  const folderOf = (name: string, fill: (at: string) => void): string => {
    mkdirSync(inFolder(name))
    fill(inFolder(name))
    return inFolder(name)
  }
  const cut = (name: string, bytes: number) => written(name, readFileSync(parquet).subarray(0, bytes))

  /** Code, words that the message must hold, and how to make the path. */
  const cases: [string, string, RegExp, () => string | null][] = [
    ['no path', 'PATH_MISSING', /--data/, () => null],
    ['a missing folder', 'PATH_MISSING', /does not exist/, () => inFolder('nowhere')],
    ['a path through a file', 'PATH_MISSING', /does not exist/, () => join(csv, 'x.csv')],
    ['a path with a NUL', 'PATH_MISSING', /\\u0000/, () => 'a\0b.csv'],
    ['an empty folder', 'PATH_EMPTY', /an empty folder/, () => folderOf('empty', () => undefined)],
    [
      'a folder without data',
      'PATH_EMPTY',
      /readme\.txt/,
      () => folderOf('text', (at) => writeFileSync(join(at, 'readme.txt'), 'x')),
    ],
    [
      'a folder that mixes kinds',
      'PATH_UNSUPPORTED',
      /one format/,
      () =>
        folderOf('mixed', (at) => {
          copyFileSync(csv, join(at, 'a.csv'))
          copyFileSync(parquet, join(at, 'b.parquet'))
        }),
    ],
    [
      'a folder named like a file',
      'PATH_UNSUPPORTED',
      /plain file/,
      () => folderOf('sub', (at) => mkdirSync(join(at, 'inner.csv'))),
    ],
    ['a file of another kind', 'PATH_UNSUPPORTED', /\.parquet, \.csv or \.json/, () => written('data.xml', '{}')],
    ['an empty file', 'PATH_EMPTY', /empty file/, () => written('empty.csv', '')],
    ['a header without rows', 'PATH_EMPTY', /header only/, () => edited('header.csv', (records) => records.splice(0))],
    ['text called Parquet', 'FILE_UNREADABLE', /PAR1/, () => written('text.parquet', 'not a parquet file at all')],
    ['a truncated Parquet file', 'FILE_TRUNCATED', /copy it again/, () => cut('cut.parquet', 2000)],
    ['a Parquet file cut to its first mark', 'FILE_TRUNCATED', /cut short/, () => cut('stub.parquet', 4)],
    [
      'a Parquet file damaged inside',
      'FILE_UNREADABLE',
      /DuckDB says/,
      () => written('damaged.parquet', damaged(readFileSync(parquet))),
    ],
    [
      'CSV with a broken row',
      'FILE_MALFORMED',
      /line 302: needs 23 cells.*received 3 cells: 'only,three,cells'/,
      () => written('broken.csv', `${readFileSync(csv, 'utf8')}only,three,cells\n`),
    ],
    [
      'CSV that is not text',
      'FILE_MALFORMED',
      /line 302: needs UTF-8, received the byte 0xff/,
      () => written('binary.csv', Buffer.concat([readFileSync(csv), Buffer.from([0xff, 0xfe, 0x00, 0x80])])),
    ],
    [
      'a missing column',
      'COLUMNS_MISSING',
      /'event_type'.*nearest column there is 'event_typ'/,
      () =>
        edited(
          'column.csv',
          () => undefined,
          SAMPLE_COLUMNS.map((name) => (name === 'event_type' ? 'event_type=event_typ' : name)),
        ),
    ],
    ['another table', 'COLUMNS_MISSING', /and 1[0-9] more/, () => written('table.csv', 'a,b\n1,2\n')],
    [
      'a column missing in one part only',
      'COLUMNS_MISSING',
      /b\.csv/,
      () =>
        folderOf('uneven', (at) => {
          writeCsv(join(at, 'a.csv'), sampleRecords())
          writeCsv(join(at, 'b.csv'), sampleRecords(), SAMPLE_COLUMNS.slice(1))
        }),
    ],
    [
      'NaN',
      'VALUE_INVALID',
      /line 19, column 'file_size': .*'NaN'/,
      () => edited('nan.csv', (records) => (records[17].file_size = 'NaN')),
    ],
    [
      'Infinity',
      'VALUE_INVALID',
      /line 3, column 'file_size': .*'-inf'/,
      () => edited('inf.csv', (records) => (records[1].file_size = '-inf')),
    ],
    [
      'NaN in a whole number',
      'VALUE_INVALID',
      /line 5, column 'sequence': .*'nan'/,
      () => edited('whole.csv', (records) => (records[3].sequence = 'nan')),
    ],
    [
      'a missing number',
      'VALUE_INVALID',
      /line 301, column 'process_pid': .*received nothing/,
      () => edited('gap.csv', (records) => (records[299].process_pid = '')),
    ],
    [
      'a label that is none',
      'VALUE_INVALID',
      /true, false, 1 or 0, received 'maybe'/,
      () => edited('label.csv', (records) => (records[5].is_suspicious = 'maybe')),
    ],
    [
      'benign rows only',
      'CLASSES_INVALID',
      /benign rows only/,
      () =>
        edited('benign.csv', (records) =>
          records.forEach((record) => {
            record.is_suspicious = 'false'
          }),
        ),
    ],
    [
      'threats only',
      'CLASSES_INVALID',
      /threats only/,
      () =>
        edited('threat.csv', (records) =>
          records.forEach((record) => {
            record.is_suspicious = 'true'
          }),
        ),
    ],
    ['one threat', 'SPLIT_EMPTY', /stratified/, () => edited('two.csv', (records) => records.splice(3, 300))],
  ]

  it.each(cases)('%s is %s', async (_, code, words, path) => {
    const error = await loadDataset(darpa(path())).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(VigilError)
    expect((error as VigilError).code).toBe(code)
    expect((error as VigilError).message).toMatch(words)
    expect((error as VigilError).message).not.toMatch(/\n|at .*\.ts:/)
  })

  it('NaN in a Parquet column of numbers', async () => {
    const path = inFolder('nan.parquet')
    await runSql(
      `COPY (SELECT * REPLACE (CASE WHEN event_id = 'event-7' THEN 'NaN'::DOUBLE ELSE 1 END AS file_size) FROM read_csv('${csv}', all_varchar = true)) TO '${path}'`,
    )
    await expect(loadDataset(darpa(path))).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(/row 8, column 'file_size': .*'nan'/),
    })
  })

  it('a Parquet column of a kind that cannot be a number', async () => {
    const path = inFolder('struct.parquet')
    await runSql(
      `COPY (SELECT * REPLACE ([1, 2] AS sequence) FROM read_csv('${csv}', all_varchar = true)) TO '${path}'`,
    )
    await expect(loadDataset(darpa(path))).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringMatching(/column 'sequence': needs a whole number.*INTEGER\[\]/),
    })
  })

  it('more rows than there may be, known before they are read', async () => {
    const constants = SAMPLE_COLUMNS.map((name) => `'0' AS ${name}`).join(', ')
    await runSql(`COPY (SELECT ${constants} FROM range(100001)) TO '${inFolder('part.parquet')}'`)
    const path = folderOf('many', (at) => {
      for (let part = 0; part < 100; part++) linkSync(inFolder('part.parquet'), join(at, `${part}.parquet`))
    })
    await expect(loadDataset(darpa(path))).rejects.toMatchObject({ code: 'ROWS_TOO_MANY' })
  })

  it.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    const path = inFolder('secret.parquet')
    copyFileSync(parquet, path)
    chmodSync(path, 0)
    await expect(loadDataset(darpa(path))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it.each([
    ['a path for synthetic', generated({ path: csv }), 'REQUEST_INVALID'],
    ['too few generated rows', generated({ rows: 10 }), 'REQUEST_INVALID'],
    ['too many generated rows', generated({ rows: 1e9 }), 'ROWS_TOO_MANY'],
    ['a fraction of rows', generated({ rows: 1000.5 }), 'REQUEST_INVALID'],
    ['a negative seed', generated({ seed: -1 }), 'REQUEST_INVALID'],
    ['an unknown dataset', generated({ dataset: 'constructor' as 'synthetic' }), 'REQUEST_INVALID'],
    ['an unknown profile', generated({ features: 'toString' as 'full' }), 'REQUEST_INVALID'],
    ['a profile of other data', generated({ features: 'posterior' }), 'REQUEST_INVALID'],
    [
      'a profile that descriptions lack',
      generated({ dataset: 'events', path: 'x', features: 'seed7' }),
      'REQUEST_INVALID',
    ],
    ['a path of a generator', generated({ dataset: 'quickest', features: 'history', path: 'x' }), 'REQUEST_INVALID'],
    ['an unknown split', generated({ split: 'random' as 'temporal' }), 'REQUEST_INVALID'],
  ])('%s is refused', async (_, request, code) => {
    await expect(loadDataset(request)).rejects.toMatchObject({ code })
  })

  it('a pipeline of other data, another profile, or unknown columns', async () => {
    const { pipeline } = await loadDataset(generated())
    const foreign = { ...pipeline, dataset: 'darpa-tc' }
    const wrongColumn = { ...pipeline, columns: [{ ...pipeline.columns[0], source: 'nothing' }] }
    const wrongKind = { ...pipeline, columns: [{ ...pipeline.columns[0], source: 'activity' }] }
    await expect(loadDataset(generated({ pipeline: foreign }))).rejects.toMatchObject({ code: 'PIPELINE_MISMATCH' })
    await expect(loadDataset(generated({ pipeline, features: 'full' }))).rejects.toMatchObject({
      code: 'PIPELINE_MISMATCH',
    })
    await expect(loadDataset(generated({ pipeline: wrongColumn }))).rejects.toMatchObject({ code: 'PIPELINE_MISMATCH' })
    await expect(loadDataset(generated({ pipeline: wrongKind }))).rejects.toMatchObject({ code: 'PIPELINE_MISMATCH' })
    for (const source of ['nothing', 'file_path"', "x'; DROP TABLE record; --", 'is_suspicious']) {
      const hostile = { ...foreign, columns: [{ kind: 'count' as const, name: 'x', source, cap: 3 }] }
      await expect(loadDataset(darpa(csv, { pipeline: hostile }))).rejects.toMatchObject({ code: 'PIPELINE_MISMATCH' })
    }
  })

  it('refuses a pipeline whose plan of history is not the one that is replayed, and takes one from before plans', async () => {
    const { pipeline } = await loadDataset(darpa(csv))
    const keys = pipeline.history!.keys.map((key) => ({ ...key, limit: 5 }))
    const other = { ...pipeline, history: { ...pipeline.history!, keys } }
    await expect(loadDataset(darpa(csv, { pipeline: other }))).rejects.toMatchObject({ code: 'PIPELINE_MISMATCH' })
    const { dataset } = await loadDataset(darpa(csv, { pipeline: { ...pipeline, history: null } }))
    expect(dataset.fingerprint).toEqual((await loadDataset(darpa(csv, { pipeline }))).dataset.fingerprint)
  })
})

/** Turns the middle half of a file into zeros: both marks stay. */
function damaged(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(0, bytes.length >> 2, (bytes.length * 3) >> 2)
}
