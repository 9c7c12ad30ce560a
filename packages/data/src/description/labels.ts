import { dirname, resolve } from 'node:path'
import type { RawColumn } from '@vigil/features'
import { parseText } from '@vigil/features'
import { dataError } from '../errors.ts'
import { readTable } from '../reading/read-table.ts'
import type { Table } from '../reading/table-builder.ts'
import { findColumns } from '../tables/columns.ts'
import { shownPath, shownText } from '../tables/csv-text.ts'
import { cellValue, compileExpression } from './expression.ts'
import type { Description } from './schema.ts'

/** Which events are threats, and what they are called. */
export type Labels = {
  /** [N] 1 = threat. */
  readonly labels: Uint8Array
  /** [N] index into classNames. */
  readonly classes: Uint8Array
  /** 'benign' first. */
  readonly classNames: readonly string[]
  /** [N] 1 = nobody knows the label. */
  readonly unknown?: Uint8Array
  /** What a person should know of how labels were found. */
  readonly notes: readonly string[]
}

/** More names than a byte can number go into the last one. */
const CLASSES_MAX = 255
const OTHER_THREATS = 'other threats'
const ROWS_MAX = 10_000_000

type Tokens = Extract<RawColumn, { kind: 'token' }>

/** A threat's name, null = benign. */
type Judge = (row: number) => string | null

/**
 * Labels the events of a table as their description says.
 *
 * @throws {VigilError} VALUE_INVALID, EXPRESSION_INVALID, COLUMNS_MISSING, and what reading a table of labels throws
 */
export async function labelsOf(table: Table, description: Description, source: string): Promise<Labels> {
  const notes: string[] = []
  const threatOf = await judgeOf(table, description, source, notes)
  const { class: className } = description
  const names = className === undefined ? null : tokensOf(table, className)
  const labels = new Uint8Array(table.rowCount)
  const classes = new Uint8Array(table.rowCount)
  const classNames = ['benign']
  const indices = new Map<string, number>()
  for (let row = 0; row < table.rowCount; row++) {
    const threat = threatOf(row)
    if (threat === null) continue
    const code = names?.codes[row] ?? -1
    const name = code < 0 ? threat : (names?.dictionary[code] ?? threat)
    labels[row] = 1
    let index = indices.get(name)
    if (index === undefined) {
      index = Math.min(classNames.length, CLASSES_MAX)
      indices.set(name, index)
      if (index < CLASSES_MAX) classNames.push(name)
      else classNames[CLASSES_MAX] = OTHER_THREATS
    }
    classes[row] = index
  }
  assertClasses(description, classNames)
  const unknown = unknownOf(table, description, labels)
  return { labels, classes, classNames, notes, ...(unknown !== null && { unknown }) }
}

/** A stage or a cost of a class that occurs nowhere is a slip, and would be left out. */
function assertClasses({ threats }: Description, classNames: readonly string[]): void {
  const ofThreats = classNames.slice(1)
  if (ofThreats.length >= CLASSES_MAX) return
  for (const [key, names] of Object.entries({ order: threats?.order, damage: Object.keys(threats?.damage ?? {}) })) {
    const absent = names?.find((name) => !ofThreats.includes(name))
    if (absent === undefined) continue
    throw dataError(
      'VALUE_INVALID',
      `Description, "threats.${key}": needs classes of threats, received ${shownText(absent)}, which is none. The threats are ${ofThreats.slice(0, 8).map(shownText).join(', ')}${ofThreats.length > 8 ? ', ...' : ''}. Names come from the column of "class".`,
    )
  }
}

function unknownOf(table: Table, { label }: Description, labels: Uint8Array): Uint8Array | null {
  if (!('expression' in label) || label.unknown === undefined) return null
  const judge = judgeByExpression(table, label.unknown, 'label.unknown')
  return labels.map((threat, row) => (threat === 0 && judge(row) !== null ? 1 : 0))
}

function judgeOf(table: Table, description: Description, source: string, notes: string[]): Judge | Promise<Judge> {
  const { label } = description
  if ('column' in label) return judgeByColumn(table, label)
  if ('expression' in label) return judgeByExpression(table, label.expression, 'label.expression')
  if ('join' in label) return judgeByJoin(table, description, label.join, source, notes)
  return judgeByWindows(table, description, label.windows, source, notes)
}

type Value = string | number | boolean

type LabelColumn = { column: string; threat?: Value[] | undefined; benign?: Value[] | undefined }

function judgeByColumn(table: Table, label: LabelColumn): Judge {
  const { codes, dictionary } = tokensOf(table, label.column)
  const missing = codes.indexOf(-1)
  if (missing >= 0) {
    throw dataError(
      'VALUE_INVALID',
      `${placeOf(table, missing)}, column ${shownText(label.column)}: needs a label, received nothing. Leave such rows out with "where", or label them.`,
    )
  }
  const [key, values] =
    label.threat !== undefined ? (['threat', label.threat] as const) : (['benign', label.benign ?? []] as const)
  const listed = dictionary.map((text) => values.some((value) => isSame(text, value)))
  const absent = values.find((value) => !dictionary.some((text) => isSame(text, value)))
  // A preset lists the spellings of several authors; a threat that occurs nowhere is a slip, and would be benign.
  if (listed.every((is) => !is) || (key === 'threat' && absent !== undefined)) {
    throw dataError(
      'VALUE_INVALID',
      `Description, "label.${key}": needs values of the column ${shownText(label.column)}, received ${shownText(String(absent))}, which is none. The column holds ${dictionary.slice(0, 8).map(shownText).join(', ')}${dictionary.length > 8 ? ', ...' : ''}.`,
    )
  }
  const isThreat = listed.map((is) => is === (key === 'threat'))
  const threats = new Set(dictionary.filter((_, code) => isThreat[code]))
  const nameOf = (code: number) => (threats.size > 1 ? dictionary[code] : 'threat')
  return (row) => (isThreat[codes[row]] ? nameOf(codes[row]) : null)
}

function isSame(text: string, value: Value): boolean {
  if (text === String(value)) return true
  if (typeof value === 'boolean') return text.toLowerCase() === String(value)
  return typeof value === 'number' && parseText(text) === value
}

function judgeByExpression(table: Table, text: string, key: string): Judge {
  const expression = compileExpression(text, key)
  const cells = new Map(expression.columns.map((name) => [name, cellsOf(table, name)]))
  return (row) => (expression.isTrue((name) => cellValue(cells.get(name)?.(row) ?? null)) ? 'threat' : null)
}

type Join = { file: string; on: string[]; column?: string | undefined; threat?: Value[] | undefined }

/** Rows of the table of labels that are threats, by the key that both tables share. */
async function judgeByJoin(
  table: Table,
  description: Description,
  join: Join,
  source: string,
  notes: string[],
): Promise<Judge> {
  const other = await readOther(
    join.file,
    [...join.on, ...(join.column === undefined ? [] : [join.column])],
    description,
    source,
  )
  const judge =
    join.column === undefined ? () => 'threat' : judgeByColumn(other, { column: join.column, threat: join.threat })
  const keyOf = keysOf(other, join.on)
  const threats = new Map<string, string | null>()
  for (let row = 0; row < other.rowCount; row++) {
    const key = keyOf(row)
    if (key !== null && (!threats.has(key) || threats.get(key) === null)) threats.set(key, judge(row))
  }
  const ownKey = keysOf(table, join.on)
  let matched = 0
  const found = Array.from({ length: table.rowCount }, (_, row) => {
    const key = ownKey(row)
    if (key === null || !threats.has(key)) return null
    matched++
    return threats.get(key) ?? null
  })
  notes.push(
    `labels: ${matched} of ${table.rowCount} events have a row in ${shownPath(join.file)}; the others are benign`,
  )
  return (row) => found[row]
}

type Windows = { file: string; from: string; to: string; on: string[]; class?: string | undefined }
type Window = { readonly from: number; readonly to: number; readonly name: string }

async function judgeByWindows(
  table: Table,
  description: Description,
  windows: Windows,
  source: string,
  notes: string[],
): Promise<Judge> {
  if (description.time === undefined) {
    throw dataError(
      'DESCRIPTION_INVALID',
      `Description ${shownPath(source)}: "label.windows" needs the time of each event. Give "time: { column }".`,
    )
  }
  const { from, to, on } = windows
  const names = [from, to, ...on, ...(windows.class === undefined ? [] : [windows.class])]
  const other = await readOther(windows.file, names, description, source, [from, to])
  const [starts, ends] = [from, to].map((name) => numbersIn(other, name))
  const classes = windows.class === undefined ? null : tokensOf(other, windows.class)
  const keyOf = keysOf(other, on)
  const byKey = new Map<string, Window[]>()
  for (let row = 0; row < other.rowCount; row++) {
    const key = keyOf(row)
    if (key === null || Number.isNaN(starts[row]) || Number.isNaN(ends[row]) || ends[row] < starts[row]) {
      throw dataError(
        'VALUE_INVALID',
        `${placeOf(other, row)}: needs a window with a beginning, an end that is not before it${on.length > 0 ? ` and ${on.join(', ')}` : ''}. Correct or remove the row.`,
      )
    }
    const name = classes === null || classes.codes[row] < 0 ? 'threat' : classes.dictionary[classes.codes[row]]
    const own = byKey.get(key) ?? []
    byKey.set(key, own)
    own.push({ from: starts[row], to: ends[row], name })
  }
  const searches = new Map(Array.from(byKey, ([key, own]) => [key, windowSearch(own)]))
  const times = numbersIn(table, description.time.column)
  const ownKey = keysOf(table, on)
  notes.push(`labels: ${other.rowCount} windows of ${shownPath(windows.file)}; events outside are benign`)
  return (row) => {
    const key = ownKey(row)
    return key === null ? null : (searches.get(key)?.(times[row]) ?? null)
  }
}

/** Finds the window that a time lies in, of several the one that begins latest; null = in none. */
function windowSearch(windows: readonly Window[]): (time: number) => string | null {
  const sorted = windows.toSorted((a, b) => a.from - b.from)
  // The latest end of this and all earlier windows: behind it no earlier one reaches.
  const reach = new Float64Array(sorted.length)
  for (let i = 0; i < sorted.length; i++) reach[i] = Math.max(sorted[i].to, i === 0 ? sorted[i].to : reach[i - 1])
  return (time) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted[middle].from <= time) low = middle + 1
      else high = middle
    }
    for (let i = low - 1; i >= 0 && reach[i] >= time; i--) if (sorted[i].to >= time) return sorted[i].name
    return null
  }
}

async function readOther(
  file: string,
  names: readonly string[],
  description: Description,
  source: string,
  times: readonly string[] = [],
): Promise<Table> {
  const path = resolve(dirname(source), file)
  const other = await readTable(
    [path],
    { format: 'auto', encoding: description.encoding, delimiter: null, header: null },
    {
      readAs: {
        named: new Map(names.map((name) => [name, times.includes(name) ? 'times' : 'tokens'])),
        others: null,
      },
      missing: description.missing,
      timeUnit: description.time === undefined || description.time.unit === 'auto' ? null : description.time.unit,
      keep: null,
      rowsMax: ROWS_MAX,
    },
    () => undefined,
  )
  findColumns(path, names, [...other.columns.keys()])
  return other
}

/** A row's values of some columns as one text, null where one is missing. Lengths make it unambiguous. */
export function keysOf(table: Table, names: readonly string[]): (row: number) => string | null {
  const columns = names.map((name) => tokensOf(table, name))
  return (row) => {
    let key = ''
    for (const { codes, dictionary } of columns) {
      const code = codes[row]
      if (code < 0) return null
      key += `${dictionary[code].length}:${dictionary[code]}`
    }
    return key
  }
}

/** A column of texts. It has been read as such. */
export function tokensOf(table: Table, name: string): Tokens {
  const column = table.columns.get(name)?.column
  if (column?.kind === 'token') return column
  if (column === undefined) throw new TypeError(`column ${name} was not read`)
  // A column of numbers whose texts are asked for after all: each number is its own shortest text.
  const codes = new Int32Array(column.values.length)
  const known = new Map<number, number>()
  for (let row = 0; row < codes.length; row++) {
    const value = column.values[row]
    if (Number.isNaN(value)) codes[row] = -1
    else {
      const code = known.get(value) ?? known.size
      known.set(value, code)
      codes[row] = code
    }
  }
  return { kind: 'token', codes, dictionary: Array.from(known.keys(), String) }
}

function numbersIn(table: Table, name: string): Float64Array {
  const column = table.columns.get(name)?.column
  if (column?.kind !== 'number') throw new TypeError(`column ${name} holds no numbers`)
  return column.values
}

/** The cells of a column, one row at a time, as `last` of a builder gives them. */
function cellsOf(table: Table, name: string): (row: number) => number | string | null {
  const column = table.columns.get(name)?.column
  if (column === undefined) return () => null
  if (column.kind === 'number') return (row) => (Number.isNaN(column.values[row]) ? null : column.values[row])
  const byCode = column.dictionary.map((text) => {
    const value = parseText(text)
    return Number.isNaN(value) ? text : Number.isFinite(value) ? value : null
  })
  return (row) => (column.codes[row] < 0 ? null : byCode[column.codes[row]])
}

/** File and row of an event, for messages. */
function placeOf(table: Table, row: number): string {
  const file = table.files.find(({ end }) => row < end)
  return `Data file ${shownPath(file?.path ?? '?')}, row ${row - (file?.start ?? 0) + 1} of those that are kept`
}
