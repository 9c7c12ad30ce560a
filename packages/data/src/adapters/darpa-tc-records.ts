import { DataError } from '../errors.ts'
import { requireColumns } from '../tables/columns.ts'
import { type Database, literal, quoted, scanOf } from '../tables/database.ts'
import type { EventFiles } from '../tables/event-files.ts'

/** More rows than this would not fit the 4 GB that a WebAssembly memory can address, features included. */
const MAXIMUM_ROWS = 10_000_000

/** The columns that are read. Others may be there and are not looked at. */
const TEXT_COLUMNS = [
  'record_type',
  'source',
  'event_id',
  'subject_uuid',
  'object_uuid',
  'event_type',
  'file_path',
  'protection',
]
const WHOLE_COLUMNS = [
  'timestamp_ns',
  'sequence',
  'thread_id',
  'src_port',
  'dst_port',
  'ip_protocol',
  'process_pid',
  'process_ppid',
  'memory_address',
]
const DECIMAL_COLUMNS = ['file_size']
const LABEL_COLUMN = 'is_suspicious'
const COLUMNS = [...TEXT_COLUMNS, ...WHOLE_COLUMNS, ...DECIMAL_COLUMNS, LABEL_COLUMN]

/**
 * Reads the files into the table `record`, one row per record in file order, `row` counted from 0. Text that is missing
 * becomes empty; a number or label that is missing or not finite is refused.
 *
 * @returns the number of rows
 * @throws {DataError} COLUMNS_MISSING, FILE_UNREADABLE, PATH_EMPTY, ROWS_TOO_MANY or VALUE_INVALID
 */
export async function readRecords(database: Database, files: EventFiles): Promise<number> {
  for (const path of files.paths) await requireRecordColumns(database, { format: files.format, paths: [path] })
  const scan = scanOf(files)
  if (files.format === 'parquet') requireFewRows(await countRows(database, scan)) // from the files' footers, at no cost

  const selected = [
    ...TEXT_COLUMNS.map((name) => `coalesce(${quoted(name)}::VARCHAR, '') AS ${name}`),
    ...WHOLE_COLUMNS.map((name) => `TRY_CAST(${quoted(name)} AS BIGINT) AS ${name}`),
    ...DECIMAL_COLUMNS.map(
      (name) =>
        `CASE WHEN isfinite(TRY_CAST(${quoted(name)} AS DOUBLE)) THEN TRY_CAST(${quoted(name)} AS DOUBLE) END AS ${name}`,
    ),
    `CASE lower(${quoted(LABEL_COLUMN)}::VARCHAR) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END AS ${LABEL_COLUMN}`,
  ]
  await database.run(
    `CREATE TEMP TABLE record AS SELECT (row_number() OVER () - 1)::INTEGER AS row, ${selected.join(', ')} FROM (SELECT * FROM ${scan} LIMIT ${MAXIMUM_ROWS + 1})`,
  )
  const rowCount = await countRows(database, 'record')
  requireFewRows(rowCount)
  if (rowCount === 0)
    throw new DataError(
      'PATH_EMPTY',
      `Data files: need rows, received a header only: ${files.paths[0]}. Give files with records.`,
    )
  await requireValues(database, scan)
  return rowCount
}

async function requireRecordColumns(database: Database, file: EventFiles): Promise<void> {
  const described = await database.rows(`DESCRIBE SELECT * FROM ${scanOf(file)}`)
  requireColumns(
    file.paths[0],
    COLUMNS,
    described.map(([name]) => String(name)),
  )
}

async function countRows(database: Database, from: string): Promise<number> {
  const [[count]] = await database.rows(`SELECT count(*) FROM ${from}`)
  return Number(count)
}

function requireFewRows(rowCount: number): void {
  if (rowCount <= MAXIMUM_ROWS) return
  throw new DataError(
    'ROWS_TOO_MANY',
    `Data files: may hold ${MAXIMUM_ROWS} rows, received ${rowCount} or more. Give a part of the data.`,
  )
}

/** Every cell that must be a number or a label and is none has become NULL; the first one is looked up again and named. */
async function requireValues(database: Database, scan: string): Promise<void> {
  const names = [...WHOLE_COLUMNS, ...DECIMAL_COLUMNS, LABEL_COLUMN]
  const [firstRows] = await database.rows(
    `SELECT ${names.map((name) => `min(CASE WHEN ${name} IS NULL THEN row END)`).join(', ')} FROM record`,
  )
  const wrong = names.map((name, i) => ({ name, row: firstRows[i] })).find(({ row }) => row !== null)
  if (wrong === undefined) return
  const [[cell]] = await database.rows(
    `SELECT value FROM (SELECT row_number() OVER () - 1 AS row, ${quoted(wrong.name)}::VARCHAR AS value FROM ${scan}) WHERE row = ${wrong.row}`,
  )
  const needed = wrong.name === LABEL_COLUMN ? 'true, false, 1 or 0' : 'a finite number'
  const received = cell === null ? 'nothing' : literal(String(cell).slice(0, 40))
  throw new DataError(
    'VALUE_INVALID',
    `Data column '${wrong.name}', row ${Number(wrong.row) + 1} (counted from 1 over all files): needs ${needed}, received ${received}. Correct or remove the row.`,
  )
}
