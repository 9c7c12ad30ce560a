import { type ColumnPlan, type FeatureProfile, featureError, type RawColumn } from '@vigil/features'
import { dataError } from '../errors.ts'
import { numbersOf, type ReadColumn } from '../reading/column-builder.ts'
import type { Table } from '../reading/table-builder.ts'
import { shownText } from '../tables/csv-text.ts'
import { inputsOfColumn } from './inputs.ts'
import { answerColumns } from './read-described.ts'
import type { Description } from './schema.ts'

/** Columns that tell the label, the part or the moment, and are never inputs. */
function neverInputs(description: Description): Set<string> {
  const { time } = description
  return new Set([...answerColumns(description), ...(time === undefined ? [] : [time.column])])
}

/** Columns that may be inputs, each as it was asked for. */
export function inputColumns(
  table: Table,
  { columns, stream, site, ...description }: Description,
): Map<string, ReadColumn> {
  const answers = neverInputs({ columns, stream, site, ...description })
  const numeric = new Set(columns.numeric)
  const categorical = new Set(columns.categorical)
  const chosen = new Map<string, ReadColumn>()
  for (const [name, read] of table.columns) {
    const isListed = numeric.has(name) || categorical.has(name)
    if (answers.has(name) || columns.ignore.includes(name)) continue
    // What names an entity is no input unless it is asked for.
    const isOfEntity = stream.includes(name) || site.includes(name)
    if (!isListed && (isOfEntity || (columns.default === 'ignore' && !columns.leaky.includes(name)))) continue
    chosen.set(name, !categorical.has(name) && read.column.kind === 'token' ? asNumbers(read, numeric.has(name)) : read)
  }
  return chosen
}

/** A column that had to be read as texts, as numbers where it is asked for or all texts spell some. */
function asNumbers(read: ReadColumn, isAsked: boolean): ReadColumn {
  if (read.column.kind !== 'token' || read.isIdentifier) return read
  const numbers = numbersOf(read.column)
  if (!isAsked && !numbers.isNumeric) return read
  const { column, infinite, malformed, example } = numbers
  return { ...read, column, counts: { ...read.counts, infinite, malformed, example } }
}

export function planOf(
  columns: ReadonlyMap<string, ReadColumn>,
  { columns: { categorical, numeric, leaky } }: Description,
  {
    features,
    rows,
    note,
  }: {
    readonly features: FeatureProfile
    readonly rows: Uint32Array
    readonly note: ((text: string) => void) | undefined
  },
): ColumnPlan[] {
  const plans: ColumnPlan[] = []
  for (const [name, read] of columns) {
    if (features === 'behaviour' && leaky.includes(name)) continue
    const asked = categorical.includes(name) ? 'categorical' : numeric.includes(name) ? 'numeric' : 'auto'
    const choice = inputsOfColumn(read, rows, asked)
    plans.push(...choice.plans)
    if (choice.note !== null) note?.(`column ${shownText(name)}: ${choice.note}`)
  }
  if (plans.length > 0) return withUniqueNames(plans)
  throw dataError(
    'COLUMNS_MISSING',
    'Data files: need a column that tells events apart, received none but identifiers, constants and what the description leaves out. List columns in "columns".',
  )
}

/** A column may be called as another one's second input: `size (value)`. */
function withUniqueNames(plans: readonly ColumnPlan[]): ColumnPlan[] {
  const taken = new Set<string>()
  return plans.map((plan) => {
    let { name } = plan
    for (let count = 2; taken.has(name); count++) name = `${plan.name} (${count})`
    taken.add(name)
    return { ...plan, name }
  })
}

export function columnOf(columns: ReadonlyMap<string, ReadColumn>, name: string): RawColumn {
  return columns.get(name)?.column ?? lacking(name)
}

/** A column as it stands in the files. */
export function rawColumnOf(table: Table, name: string): RawColumn {
  return table.columns.get(name)?.column ?? lacking(name)
}

function lacking(name: string): never {
  throw featureError(
    'PIPELINE_MISMATCH',
    `Feature pipeline: needs the column ${shownText(name)}, which the events do not have. Use the description that the run was trained with.`,
  )
}
