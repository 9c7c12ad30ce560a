import { dirname } from 'node:path'
import { type ColumnPlan, featureError, type RawColumn } from '@vigil/features'
import type { Adapter, FeatureProfile, RawEvents } from '../adapters/adapter.ts'
import { dataError } from '../errors.ts'
import { numbersOf, type ReadAs, type ReadColumn } from '../reading/column-builder.ts'
import { findSources } from '../reading/event-sources.ts'
import { readTable } from '../reading/read-table.ts'
import type { Table } from '../reading/table-builder.ts'
import { findColumns } from '../tables/columns.ts'
import { shownText } from '../tables/csv-text.ts'
import { divisionOf } from './division.ts'
import { cellValue, compileExpression } from './expression.ts'
import { historyOf, replayed } from './history.ts'
import { inputsOfColumn } from './inputs.ts'
import { keysOf, labelsOf } from './labels.ts'
import { readDescription } from './parse-description.ts'
import type { Description } from './schema.ts'

/** More rows than this are refused: their inputs would not fit the memory that actors share. */
const ROWS_MAX = 40_000_000

/** Events of anybody, by a description (docs/events.md). A stream is what the description says; without it each event is one. */
export const describedEvents: Adapter = {
  name: 'events',
  open: async ({ path }, progress) => {
    if (path === null) {
      throw dataError(
        'PATH_MISSING',
        'Data path: needs a description of events, received none. Give one with --data=events.yaml.',
      )
    }
    return await readEvents(readDescription(path), path, progress)
  },
}

/**
 * Reads the events that a description means.
 *
 * @param source path of the description; its files are relative to it
 * @throws {VigilError} for files, rows or values that are not as they must be
 */
async function readEvents(
  description: Description,
  source: string,
  progress: (message: string) => void,
): Promise<RawEvents> {
  const { table, testFrom } = await readDescribed(description, source, progress)
  const labels = await labelsOf(table, description, source)
  const columns = inputColumns(table, description)
  const times = timesOf(table, description)
  const timeRank = ranksOf(times, table.rowCount)
  const { streams, keyed } = streamsOf(table, description.stream)
  const history = historyOf(description, columns)
  const past = history === null ? null : replayed(history, { table, columns, streams: keyed, timeRank, times })
  return {
    rowCount: table.rowCount,
    ...labels,
    streams,
    timeRank,
    posterior: null,
    division: divisionOf(table, description, testFrom),
    notes: [...notesOf(table), ...labels.notes],
    plan: (features, rows) => [...planOf(columns, description, features, rows), ...(history?.inputs ?? [])],
    history: history?.plan ?? null,
    column: async (name) => past?.get(name) ?? columnOf(columns, name),
    close: () => undefined,
  }
}

/** The table of a description's files, train files before test files. */
async function readDescribed(
  description: Description,
  source: string,
  progress: (message: string) => void,
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
  const table = await readTable(
    [...paths, ...testPaths],
    { format, encoding, delimiter, header },
    {
      readAs: readAsOf(description, keep?.columns ?? []),
      missing: description.missing,
      timeUnit: time === undefined || time.unit === 'auto' ? null : time.unit,
      keep: keep === null ? null : (cell) => keep.isTrue((name) => cellValue(cell(name))),
      rowsMax: ROWS_MAX,
    },
    (path) => progress(`reading ${path}`),
  )
  if (table.columns.size > 0) requireColumns(table, description, keep?.columns ?? [])
  if (table.rowCount === 0) {
    throw dataError(
      'PATH_EMPTY',
      `Data files: need rows, received none${table.leftOut > 0 ? ` but ${table.leftOut} that "where" leaves out` : ''}. Check "files" and "where".`,
    )
  }
  const testFrom = table.files[paths.length]?.start ?? table.rowCount
  return { table, testFrom: testPaths.length === 0 ? table.rowCount : testFrom }
}

/** Columns that are needed for something else than inputs, as texts. */
function roleColumns({ label, class: className, stream, split, history }: Description): Set<string> {
  const names = new Set<string>([...stream, ...(history?.of ?? [])])
  if ('column' in label) names.add(label.column)
  if ('expression' in label)
    for (const name of compileExpression(label.expression, 'label.expression').columns) names.add(name)
  if ('join' in label) for (const name of label.join.on) names.add(name)
  if ('windows' in label) for (const name of label.windows.on) names.add(name)
  if (className !== undefined) names.add(className)
  if (split !== undefined && 'column' in split) names.add(split.column)
  return names
}

/** Columns that tell the label, the part or the moment, and are never inputs. */
function answerColumns(description: Description): Set<string> {
  const { label, class: className, split, time } = description
  const names = new Set<string>()
  if ('column' in label) names.add(label.column)
  if ('expression' in label)
    for (const name of compileExpression(label.expression, 'label.expression').columns) names.add(name)
  if (className !== undefined) names.add(className)
  if (split !== undefined && 'column' in split) names.add(split.column)
  if (time !== undefined) names.add(time.column)
  return names
}

function readAsOf(description: Description, whereColumns: readonly string[]): (name: string) => ReadAs | null {
  const { columns, time } = description
  const roles = roleColumns(description)
  const [categorical, numeric, ignored] = [columns.categorical, columns.numeric, columns.ignore].map(
    (names) => new Set(names),
  )
  const needed = new Set([...whereColumns, ...columns.leaky])
  return (name) => {
    if (name === time?.column) return 'times'
    if (roles.has(name) || categorical.has(name)) return 'tokens'
    if (numeric.has(name)) return 'numbers'
    if (needed.has(name)) return 'auto'
    return ignored.has(name) || columns.default === 'ignore' ? null : 'auto'
  }
}

function requireColumns(table: Table, description: Description, whereColumns: readonly string[]): void {
  const { columns, time, preset } = description
  const present = [...table.columns.keys()]
  // A preset names what its kind of events may have; what a person names has to be there.
  const listed = preset === 'none' ? [...columns.categorical, ...columns.numeric, ...columns.leaky] : []
  const needed = [
    ...new Set([...roleColumns(description), ...(time === undefined ? [] : [time.column]), ...whereColumns, ...listed]),
  ]
  findColumns(table.files[0].path, needed, present)
  const ambiguous = table.renamed.map((name) => name.replace(/ \(\d+\)$/, '')).find((name) => needed.includes(name))
  if (ambiguous === undefined) return
  throw dataError(
    'COLUMNS_REPEATED',
    `Data files: need one column ${shownText(ambiguous)}, received several. Name the columns in "header", or remove all but one.`,
  )
}

/** Columns that may be inputs, each as it was asked for. */
function inputColumns(table: Table, { columns, stream, ...description }: Description): Map<string, ReadColumn> {
  const answers = answerColumns({ columns, stream, ...description })
  const numeric = new Set(columns.numeric)
  const categorical = new Set(columns.categorical)
  const chosen = new Map<string, ReadColumn>()
  for (const [name, read] of table.columns) {
    const isListed = numeric.has(name) || categorical.has(name)
    if (answers.has(name) || columns.ignore.includes(name)) continue
    // What names an entity is no input unless it is asked for.
    if (!isListed && (stream.includes(name) || (columns.default === 'ignore' && !columns.leaky.includes(name))))
      continue
    chosen.set(name, !categorical.has(name) && read.column.kind === 'token' ? asNumbers(read, numeric.has(name)) : read)
  }
  return chosen
}

/** A column that had to be read as texts, as numbers where it is asked for or all texts spell some. */
function asNumbers(read: ReadColumn, isAsked: boolean): ReadColumn {
  if (read.column.kind !== 'token' || read.isIdentifier) return read
  const numbers = numbersOf(read.column)
  if (!isAsked && (numbers.malformed > 0 || read.column.dictionary.length === 0)) return read
  const { column, infinite, malformed, example } = numbers
  return { ...read, column, counts: { ...read.counts, infinite, malformed, example } }
}

function planOf(
  columns: ReadonlyMap<string, ReadColumn>,
  { columns: { categorical, numeric, leaky } }: Description,
  features: FeatureProfile,
  rows: Uint32Array,
): ColumnPlan[] {
  if (features === 'seed7') {
    throw dataError(
      'REQUEST_INVALID',
      'features: events of a description have the profiles behaviour and full, received seed7. Choose behaviour.',
    )
  }
  const plans: ColumnPlan[] = []
  for (const [name, read] of columns) {
    if (features === 'behaviour' && leaky.includes(name)) continue
    const asked = categorical.includes(name) ? 'categorical' : numeric.includes(name) ? 'numeric' : 'auto'
    plans.push(...inputsOfColumn(read, rows, asked).plans)
  }
  if (plans.length > 0) return plans
  throw dataError(
    'COLUMNS_MISSING',
    'Data files: need a column that tells events apart, received none but identifiers, constants and what the description leaves out. List columns in "columns".',
  )
}

function columnOf(columns: ReadonlyMap<string, ReadColumn>, name: string): RawColumn {
  const column = columns.get(name)?.column
  if (column !== undefined) return column
  throw featureError(
    'PIPELINE_MISMATCH',
    `Feature pipeline: needs the column ${shownText(name)}, which the events do not have. Use the description that the run was trained with.`,
  )
}

/**
 * Streams numbered in the order in which they come. Rows that lack part of the key, or have none, are a stream each.
 *
 * @returns with `keyed`, in which those have none: -1
 */
function streamsOf(
  table: Table,
  names: readonly string[],
): { readonly streams: Uint32Array; readonly keyed: Int32Array } {
  const streams = Uint32Array.from({ length: table.rowCount }, (_, row) => row)
  const keyed = new Int32Array(table.rowCount).fill(-1)
  if (names.length === 0) return { streams, keyed }
  const keyOf = keysOf(table, names)
  const numbers = new Map<string, number>()
  let next = 0
  for (let row = 0; row < table.rowCount; row++) {
    const key = keyOf(row)
    const known = key === null ? undefined : numbers.get(key)
    streams[row] = known ?? next++
    if (key === null) continue
    keyed[row] = streams[row]
    if (known === undefined) numbers.set(key, streams[row])
  }
  return { streams, keyed }
}

/** Milliseconds since 1970, null where the description names no time. A row without a time has that of the row before it. */
function timesOf(table: Table, { time }: Description): Float64Array | null {
  if (time === undefined) return null
  const column = table.columns.get(time.column)?.column
  if (column?.kind !== 'number') throw new TypeError('times are numbers')
  const times = column.values.slice()
  for (let row = 0; row < times.length; row++) if (Number.isNaN(times[row])) times[row] = row === 0 ? 0 : times[row - 1]
  return times
}

/** Ranks by time, then by place in the files. */
function ranksOf(times: Float64Array | null, rowCount: number): Uint32Array {
  const ranks = Uint32Array.from({ length: rowCount }, (_, row) => row)
  if (times === null) return ranks
  const order = ranks.slice().sort((a, b) => times[a] - times[b] || a - b)
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank]] = rank
  return ranks
}

/** What was found besides good values: nothing is dropped without a word. */
function notesOf({ columns, leftOut, repeatedHeaders, renamed }: Table): string[] {
  const notes: string[] = []
  if (leftOut > 0) notes.push(`${leftOut} rows were left out by "where"`)
  if (repeatedHeaders > 0) notes.push(`${repeatedHeaders} header lines came again and were passed over`)
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
