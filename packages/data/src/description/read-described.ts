import { dirname, relative } from 'node:path'
import { formatCounted } from '@vigil/command-line'
import { dataError } from '../errors.ts'
import type { ReadAs, ReadColumn } from '../reading/column-builder.ts'
import { findSources } from '../reading/event-sources.ts'
import { readInThreads } from '../reading/read-in-threads.ts'
import type { Table, TablePlan } from '../reading/table-builder.ts'
import { findColumns } from '../tables/columns.ts'
import { shownText } from '../tables/csv-text.ts'
import { cellValue, compileExpression } from './expression.ts'
import type { Description } from './schema.ts'

/** More rows than this are refused: while they are encoded, 40 columns of them take 20 GiB. */
const ROWS_MAX = 40_000_000

/** Progress names about so many files, however many there are. */
const READINGS_SHOWN = 10

/** Columns that every table has, unless its files have some of the same name: where a row was read. */
const PLACE_COLUMNS = ['file', 'folder']

/** How the files of a description are read. */
export type DescribedReading = {
  readonly progress: (message: string) => void
  /** Whether columns that are neither inputs nor needed are read too. */
  readonly keepsIgnored: boolean
}

/** The table of a description's files, train files before test files. */
export async function readDescribed(
  description: Description,
  source: string,
  { progress, keepsIgnored }: DescribedReading,
): Promise<{ readonly table: Table; readonly testFrom: number }> {
  const base = dirname(source)
  const { all, train, test } = description.files
  const paths = findSources(all ?? train ?? [], base)
  const testPaths = test === undefined ? [] : findSources(test, base)
  const twice = testPaths.find((path) => paths.includes(path))
  if (twice !== undefined) {
    throw dataError(
      'DESCRIPTION_INVALID',
      `Description, "files": ${shownText(twice)} is a train file and a test file. Keep one.`,
    )
  }
  const keep = description.where === undefined ? null : compileExpression(description.where, 'where')
  const { time, format, encoding, delimiter = null, header = null } = description
  const table = await readInThreads(
    [...paths, ...testPaths],
    { format, encoding, delimiter, header },
    {
      readAs: readAsOf(description, { whereColumns: keep?.columns ?? [], keepsIgnored }),
      missing: description.missing,
      timeUnit: time === undefined || time.unit === 'auto' ? null : time.unit,
      keep: keep === null ? null : (cell) => keep.isTrue((name) => cellValue(cell(name))),
      rowsMax: ROWS_MAX,
    },
    (path, index, count) => {
      if (index % Math.ceil(count / READINGS_SHOWN) === 0) progress(`reading file ${index + 1} of ${count}: ${path}`)
    },
  )
  if (table.columns.size > 0) requireColumns(table, description, keep?.columns ?? [])
  if (table.rowCount === 0) {
    throw dataError(
      'PATH_EMPTY',
      `Data files: need rows, received none${table.leftOut > 0 ? ` but ${table.leftOut} that "where" leaves out` : ''}. Check "files" and "where".`,
    )
  }
  const testFrom = table.files[paths.length]?.start ?? table.rowCount
  return { table: withPlaces(table, description, base), testFrom: testPaths.length === 0 ? table.rowCount : testFrom }
}

/** Columns that the expressions of a label look at. */
export function labelColumns(label: { readonly expression: string; readonly unknown?: string | undefined }): string[] {
  const { expression, unknown } = label
  return [
    ...compileExpression(expression, 'label.expression').columns,
    ...(unknown === undefined ? [] : compileExpression(unknown, 'label.unknown').columns),
  ]
}

/** Columns that tell the label or the part, and are never inputs. */
export function answerColumns({ label, class: className, split }: Description): Set<string> {
  const names = new Set<string>()
  if ('column' in label) names.add(label.column)
  if ('expression' in label) for (const name of labelColumns(label)) names.add(name)
  if ('join' in label) for (const name of label.join.on) names.add(name)
  if ('windows' in label) for (const name of label.windows.on) names.add(name)
  if (className !== undefined) names.add(className)
  if (split !== undefined && 'column' in split) names.add(split.column)
  return names
}

/** Columns that are needed for something else than inputs, as texts. */
function roleColumns(description: Description): Set<string> {
  const { stream, site, history, unit } = description
  return new Set([
    ...stream,
    ...site,
    ...(history?.of ?? []),
    ...(unit?.by ?? []),
    ...(unit?.of ?? []),
    ...answerColumns(description),
  ])
}

function readAsOf(
  description: Description,
  { whereColumns, keepsIgnored }: { readonly whereColumns: readonly string[]; readonly keepsIgnored: boolean },
): TablePlan['readAs'] {
  const { columns, time } = description
  const others = columns.default === 'auto' || keepsIgnored ? 'auto' : null
  const named = new Map<string, ReadAs | null>()
  // What is set later counts more.
  for (const name of columns.ignore) named.set(name, keepsIgnored ? 'auto' : null)
  for (const name of columns.leaky) named.set(name, 'auto')
  for (const name of whereColumns) named.set(name, 'tokens')
  for (const name of columns.numeric) named.set(name, 'numbers')
  for (const name of [...columns.categorical, ...roleColumns(description)]) named.set(name, 'tokens')
  if (time !== undefined) named.set(time.column, 'times')
  return { named, others }
}

function requireColumns(table: Table, description: Description, whereColumns: readonly string[]): void {
  const { columns, time, preset } = description
  const present = [...table.columns.keys()]
  // A preset names what its kind of events may have; what a person names has to be there.
  const listed = preset === 'none' ? [...columns.categorical, ...columns.numeric, ...columns.leaky] : []
  const needed = [
    ...new Set([...roleColumns(description), ...(time === undefined ? [] : [time.column]), ...whereColumns, ...listed]),
  ]
  // Where a row stands is known when its file has been read, too late for "where".
  const inFiles = needed.filter((name) => !PLACE_COLUMNS.includes(name) || whereColumns.includes(name))
  findColumns(table.files[0].path, inFiles, present)
  const ambiguous = table.renamed.map((name) => name.replace(/ \(\d+\)$/, '')).find((name) => needed.includes(name))
  if (ambiguous === undefined) return
  throw dataError(
    'COLUMNS_REPEATED',
    `Data files: need one column ${shownText(ambiguous)}, received several. Name the columns in "header", or remove all but one.`,
  )
}

/** The table with the columns that tell the file of each row, where the description names them. */
function withPlaces(table: Table, description: Description, base: string): Table {
  const columns = new Map(table.columns)
  const roles = roleColumns(description)
  for (const name of description.columns.categorical) roles.add(name)
  for (const name of PLACE_COLUMNS) {
    if (!roles.has(name) || columns.has(name)) continue
    const codes = new Int32Array(table.rowCount)
    const numbers = new Map<string, number>()
    for (const { path, start, end } of table.files) {
      const text = relative(base, name === 'file' ? path : dirname(path))
      const code = numbers.get(text) ?? numbers.size
      numbers.set(text, code)
      codes.fill(code, start, end)
    }
    const dictionary = [...numbers.keys()]
    const counts = { missing: 0, infinite: 0, malformed: 0, example: null }
    const read: ReadColumn = { name, column: { kind: 'token', codes, dictionary }, counts, isIdentifier: false }
    columns.set(name, read)
  }
  return { ...table, columns }
}

/** What was found besides good values: nothing is dropped without a word. */
export function notesOf({ columns, leftOut, repeatedHeaders, renamed }: Table): string[] {
  const notes: string[] = []
  if (leftOut > 0) notes.push(`left out by "where": ${formatCounted(leftOut, 'row')}`)
  if (repeatedHeaders > 0) notes.push(`passed over: ${formatCounted(repeatedHeaders, 'header line')} that came again`)
  for (const name of renamed) notes.push(`a column's name comes again: it is called ${shownText(name)}`)
  for (const { name, counts, isIdentifier } of columns.values()) {
    const { missing, infinite, malformed, example } = counts
    const found = [
      ...(missing > 0 ? [`${missing} missing`] : []),
      ...(infinite > 0 ? [`${infinite} infinite`] : []),
      ...(malformed > 0 ? [`${malformed} not a number, as ${shownText(example ?? '')}`] : []),
    ]
    if (found.length > 0)
      notes.push(`column ${shownText(name)}: ${found.join(', ')}${infinite + malformed > 0 ? '; read as missing' : ''}`)
    if (isIdentifier) notes.push(`column ${shownText(name)}: too many different texts; left out`)
  }
  return notes
}
