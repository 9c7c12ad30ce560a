import { type Description, labelColumns, type ReadColumn, readSingleEvents, splitRows, type Table } from '@vigil/data'
import { VigilError } from '@vigil/errors'
import { type ColumnFacts, factsOf } from './column-facts.ts'
import { type Sample, sampleRows } from './sample.ts'

/** What the description makes of a column. */
export type Role = 'input' | 'leaky' | 'left out' | 'label' | 'class' | 'time' | 'stream' | 'split'

type SubjectColumn = { readonly read: ReadColumn; readonly facts: ColumnFacts; readonly role: Role }

/** Labels, and what they divide the rows into. */
export type SubjectLabels = {
  /** [N] 1 = threat */
  readonly labels: Uint8Array
  /** [N] index into classNames */
  readonly classes: Uint8Array
  readonly classNames: readonly string[]
  /** [N] 1 = nobody knows the label, and the row is left out; null = all are known */
  readonly unknown: Uint8Array | null
}

/** How rows are divided. */
type SubjectSplit = {
  /** As the description calls it. */
  readonly kind: string
  /** [N] 0 train, 1 validation, 2 test, 3 none; null where the rows cannot be divided so. */
  readonly parts: Uint8Array | null
  /** Why they cannot. */
  readonly failure: string | null
}

/** The events that are inspected. Without labels there is no split. */
export type Subject = {
  readonly rowCount: number
  readonly files: Table['files']
  readonly columns: readonly SubjectColumn[]
  readonly sample: Sample
  readonly labels: SubjectLabels | null
  readonly split: SubjectSplit | null
  /** [N] milliseconds since 1970, NaN = missing; null = no time is known */
  readonly times: { readonly column: string; readonly values: Float64Array } | null
  /** [N] stream of each row, -1 = none */
  readonly streams: { readonly columns: readonly string[]; readonly of: Int32Array } | null
  readonly notes: readonly string[]
}

/**
 * Reads events as a description says, all their columns with them.
 *
 * @throws {VigilError} for files, rows or values that are not as they must be
 */
export async function describedSubject(
  description: Description,
  source: string,
  progress: (message: string) => void,
): Promise<Subject> {
  const events = await readSingleEvents(description, source, progress)
  const { table, rowCount, labels, classes, classNames, keyed, notes, unknown = null } = events
  const split = splitOf(description, events)
  const sample = sampleRows(rowCount, (row) => split.parts?.[row] !== TEST && unknown?.[row] !== 1)
  const rows = split.parts === null ? sample.rows : sample.rows.filter((row) => split.parts?.[row] === 0)
  const inputs = orNull(() => new Set(events.plan('behaviour', rows).map(({ source: name }) => name)))
  const roles = rolesOf(description)
  const { time, stream } = description
  return {
    rowCount,
    files: table.files,
    columns: columnsOf(table, sample, (name) => roles.get(name) ?? (inputs.value?.has(name) ? 'input' : 'left out')),
    sample,
    labels: { labels, classes, classNames, unknown },
    split,
    times: time === undefined ? null : { column: time.column, values: valuesOf(table, time.column) },
    streams: stream.length === 0 ? null : { columns: stream, of: keyed },
    notes:
      description.unit === undefined
        ? notes
        : [
            ...notes,
            'units are judged, and their events one by one were inspected: what is found of inputs is of events',
          ],
  }
}

/** A table of which no label is known. */
export function unlabelledSubject(table: Table, roles: ReadonlyMap<string, Role>): Subject {
  const sample = sampleRows(table.rowCount, () => true)
  return {
    rowCount: table.rowCount,
    files: table.files,
    columns: columnsOf(table, sample, (name) => roles.get(name) ?? 'input'),
    sample,
    labels: null,
    split: null,
    times: null,
    streams: null,
    notes: table.leftOut === 0 ? [] : [`${table.leftOut} further rows were not looked at, since no label is known`],
  }
}

const TEST = 2

function columnsOf(table: Table, { rows }: Sample, roleOf: (name: string) => Role): SubjectColumn[] {
  return [...table.columns.values()].map((read) => ({ read, facts: factsOf(read, rows), role: roleOf(read.name) }))
}

function splitOf({ files, split }: Description, events: Awaited<ReturnType<typeof readSingleEvents>>): SubjectSplit {
  const kind =
    files.test !== undefined ? 'files' : split === undefined ? 'stratified' : 'by' in split ? split.by : split.column
  const { division } = events
  if (division === null) return { kind, parts: null, failure: null }
  const divided = orNull(() => splitRows(events, division))
  if (divided.value === null) return { kind, parts: null, failure: divided.failure }
  const { train, validation, test } = divided.value
  const parts = new Uint8Array(events.rowCount).fill(3)
  for (const [part, { rows }] of [train, validation, test].entries()) for (const row of rows) parts[row] = part
  return { kind, parts, failure: null }
}

/** What may fail for want of rows or inputs: that is something to find, not the end. */
function orNull<T>(compute: () => T): { readonly value: T | null; readonly failure: string | null } {
  try {
    return { value: compute(), failure: null }
  } catch (error) {
    if (!(error instanceof VigilError)) throw error
    return { value: null, failure: error.message }
  }
}

/** Columns that a description gives a meaning. What tells the label comes first. */
function rolesOf({ label, class: className, time, stream, split, columns, unit }: Description): Map<string, Role> {
  const roles = new Map<string, Role>()
  const set = (role: Role, names: readonly string[]) => {
    for (const name of names) if (!roles.has(name)) roles.set(name, role)
  }
  if ('column' in label) set('label', [label.column])
  if ('expression' in label) set('label', labelColumns(label))
  if (className !== undefined) set('class', [className])
  if (split !== undefined && 'column' in split) set('split', [split.column])
  if (time !== undefined) set('time', [time.column])
  set('leaky', columns.leaky)
  const asked = new Set([...columns.categorical, ...columns.numeric])
  set(
    'stream',
    [...stream, ...(unit?.by ?? [])].filter((name) => !asked.has(name)),
  )
  return roles
}

function valuesOf(table: Table, name: string): Float64Array {
  const column = table.columns.get(name)?.column
  if (column?.kind !== 'number') throw new TypeError('times are numbers')
  return column.values
}
