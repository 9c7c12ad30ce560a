import { isErrorOf } from '@vigil/errors'
import { DATA_ERRORS, dataError } from '../errors.ts'
import { type ColumnKind, complaintAbout, conversionOf, needOf, TYPE_OF_KIND } from './cell-values.ts'
import { findColumns } from './columns.ts'
import { shownPath, shownText } from './csv-text.ts'
import { type Database, quoted } from './database.ts'
import type { EventFiles } from './event-files.ts'
import { type CheckedFile, openFile, readingFile, type SourceFile } from './source-file.ts'

/** A table to be read: its name, the kinds of its columns in their order, and the most rows that it may have. */
export type TablePlan = {
  readonly name: string
  readonly columns: Readonly<Record<string, ColumnKind>>
  readonly rowsMax: number
}

/** A file with the SQL of its columns, in the order of the plan. */
type PlannedFile = SourceFile & { readonly identifiers: readonly string[]; readonly conversions: readonly string[] }

/** A file that has been read, and the number of its first row in the table. */
type ReadFile = PlannedFile & CheckedFile & { readonly start: number }

/**
 * Reads files into one table, rows in file order: their `rowid` counts them from 0. docs/reading.md states what is read and what is
 * refused; nothing is repaired, rounded or left out.
 *
 * @param open opens one of the files
 * @returns the number of rows
 * @throws {VigilError} COLUMNS_MISSING, COLUMNS_REPEATED, COLUMN_TYPE, FILE_MALFORMED, FILE_UNREADABLE, PATH_EMPTY, ROWS_TOO_MANY or
 *   VALUE_INVALID
 */
export async function readTable(
  database: Database,
  files: EventFiles,
  plan: TablePlan,
  open: typeof openFile = openFile,
): Promise<number> {
  const names = Object.keys(plan.columns)
  const planned: PlannedFile[] = []
  for (const path of files.paths) {
    const file = await open(database, { path, format: files.format }, names)
    planned.push(planFile(file, plan))
  }
  const checked: ReadFile[] = []
  let rowCount = 0
  for (const file of planned) {
    const found = await file.check()
    checked.push({ ...file, ...found, start: rowCount })
    rowCount += found.rowCount
    requireFewRows(rowCount, plan)
  }
  if (rowCount === 0) {
    throw dataError(
      'PATH_EMPTY',
      `Data files: need rows, received a header only: ${shownPath(files.paths[0])}. Give files with records.`,
    )
  }
  const columns = names.map((name) => `${quoted(name)} ${TYPE_OF_KIND[plan.columns[name]]}`)
  await database.run(`CREATE TEMP TABLE ${plan.name} (${columns.join(', ')})`)
  // Together, threads read several files at a time; alone, each is read by a scan that does not decline it.
  const together = checked.map(({ conversions, scans }) => `SELECT ${conversions.join(', ')} FROM ${scans[0]}`)
  const isRead = await works(database.run(`INSERT INTO ${plan.name} ${together.join(' UNION ALL ')}`))
  if (!isRead) for (const file of checked) await readFile(database, file, plan)
  await requireRows(database, rowCount, plan)
  await requireValues(database, checked, plan)
  return rowCount
}

function planFile(file: SourceFile, plan: TablePlan): PlannedFile {
  const entries = Object.entries(plan.columns)
  const places = findColumns(
    file.path,
    entries.map(([name]) => name),
    file.columns.map(({ name }) => name),
  )
  const identifiers = places.map((place) => file.columns[place].identifier)
  const conversions = entries.map(([name, kind], i) => {
    const { type } = file.columns[places[i]]
    const conversion = conversionOf(identifiers[i], type, kind)
    if (conversion !== null) return conversion
    throw dataError(
      'COLUMN_TYPE',
      `Data file ${shownPath(file.path)}, column '${name}': needs ${needOf(kind)} in each row, received a column of the type ${shownText(type)}. Convert the column.`,
    )
  })
  return { ...file, identifiers, conversions }
}

function requireFewRows(rowCount: number, { rowsMax }: TablePlan): void {
  if (rowCount <= rowsMax) return
  throw dataError(
    'ROWS_TOO_MANY',
    `Data files: may hold ${rowsMax} rows, received ${rowCount} or more. Give a part of the data.`,
  )
}

async function readFile(
  database: Database,
  { path, scans, conversions }: ReadFile,
  { name }: TablePlan,
): Promise<void> {
  const insertion = `INSERT INTO ${name} SELECT ${conversions.join(', ')}`
  await readingFile(path, async () => {
    for (const scan of scans.slice(0, -1)) if (await works(database.run(`${insertion} FROM ${scan}`))) return
    await database.run(`${insertion} FROM ${scans[scans.length - 1]}`)
  })
}

/** That as many rows were read as were counted. */
async function requireRows(database: Database, rowCount: number, { name }: TablePlan): Promise<void> {
  const [[count]] = await database.rows(`SELECT count(*) FROM ${name}`)
  if (Number(count) === rowCount) return
  throw dataError(
    'FILE_UNREADABLE',
    `Data files: need ${rowCount} rows as counted before, received ${count}. Make sure that nothing writes to them.`,
  )
}

/** A statement that fails leaves nothing behind, so another may be tried. */
async function works(statement: Promise<void>): Promise<boolean> {
  try {
    await statement
    return true
  } catch (cause) {
    if (isErrorOf(DATA_ERRORS, cause)) return false
    throw cause
  }
}

/** Every cell that is not what its column must hold has become NULL; the first one is looked up again and named. */
async function requireValues(database: Database, files: readonly ReadFile[], plan: TablePlan): Promise<void> {
  const names = Object.keys(plan.columns)
  const [firstRows] = await database.rows(
    `SELECT ${names.map((name) => `min(rowid) FILTER (${quoted(name)} IS NULL)`).join(', ')} FROM ${plan.name}`,
  )
  const wrong = names.flatMap((name, i) => (firstRows[i] === null ? [] : [{ name, i, row: Number(firstRows[i]) }]))
  if (wrong.length === 0) return
  const { name, i, row } = wrong.reduce((a, b) => (b.row < a.row ? b : a))
  const file = files.findLast(({ start }) => start <= row)!
  const [[cell]] = await readingFile(file.path, () =>
    database.rows(
      `SELECT ${quoted(file.identifiers[i])}::VARCHAR FROM ${file.scans[file.scans.length - 1]} LIMIT 1 OFFSET ${row - file.start}`,
    ),
  )
  const kind = plan.columns[name]
  const isMissing = cell === null || String(cell).trim() === ''
  const received = isMissing ? 'nothing' : shownText(String(cell))
  const advice = isMissing ? '' : complaintAbout(String(cell), kind)
  throw dataError(
    'VALUE_INVALID',
    `Data file ${shownPath(file.path)}, ${await file.placeOf(row - file.start)}, column '${name}': needs ${needOf(kind)}, received ${received}.${advice} Correct or remove the row.`,
  )
}
