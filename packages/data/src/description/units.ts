import type { ColumnPlan, RawColumn } from '@vigil/features'
import type { Table } from '../reading/table-builder.ts'
import { keysOf, tokensOf } from './labels.ts'
import { type Description, millisecondsOf } from './schema.ts'
import { countsByUnit, indexValues, newValues, type Units, type ValueIndex, windowSums } from './unit-counts.ts'

type UnitSettings = NonNullable<Description['unit']>

const KNOTS = 65

/** Values of more characters name no input. */
const VALUE_LENGTH_MAX = 100

/**
 * Gathers events into units, numbered by span and then in the order in which they come.
 *
 * @param order events in the order of time
 * @param times milliseconds since 1970; null = the description names no time
 */
export function gatherUnits(
  table: Table,
  { by, every, first }: UnitSettings,
  { order, times }: { readonly order: Uint32Array; readonly times: Float64Array | null },
): Units {
  const keyOf = keysOf(table, by)
  const span = every === undefined ? null : millisecondsOf(every)
  const keyNumbers = new Map<string, number>()
  const unitNumbers = new Map<string, number>()
  const unitOf = new Int32Array(table.rowCount).fill(-1)
  const [keys, spans, firstEvents, sizes]: number[][] = [[], [], [], []]
  for (const row of order) {
    const key = keyOf(row)
    if (key === null) continue
    const keyNumber = keyNumbers.get(key) ?? keyNumbers.size
    keyNumbers.set(key, keyNumber)
    const spanNumber = span === null || times === null ? 0 : Math.floor(times[row] / span)
    const name = `${keyNumber} ${spanNumber}`
    let unit = unitNumbers.get(name)
    if (unit === undefined) {
      unit = keys.length
      unitNumbers.set(name, unit)
      keys.push(keyNumber)
      spans.push(spanNumber)
      firstEvents.push(row)
      sizes.push(0)
    }
    if (first !== undefined && sizes[unit] >= first) continue
    sizes[unit]++
    unitOf[row] = unit
  }
  return {
    count: keys.length,
    unitOf,
    keys: Uint32Array.from(keys),
    spans: Float64Array.from(spans),
    firstEvents: Uint32Array.from(firstEvents),
  }
}

/** Values of units: counts of what their events hold, as the description asks. */
export type UnitColumns = {
  /** @param rows the training units: they alone say which values are counted */
  plan(rows: Uint32Array): ColumnPlan[]
  /** null = there is no such column */
  column(name: string): RawColumn | null
}

/** A column of events whose values are counted: that of the table, or pairs of values that follow each other in a unit. */
type Counted = {
  readonly name: string
  readonly codes: Int32Array
  readonly dictionary: readonly string[]
  readonly index: ValueIndex
}

/** @param order events in the order of time */
export function unitColumns(table: Table, settings: UnitSettings, units: Units, order: Uint32Array): UnitColumns {
  const spanMs = settings.every === undefined ? null : millisecondsOf(settings.every)
  const windows =
    spanMs === null
      ? []
      : settings.windows
          .map((text) => ({ text, spans: Math.round(millisecondsOf(text) / spanMs) }))
          // A window that is no longer than the unit itself counts the same.
          .filter(({ spans }) => spans > 1)
  const indexed = (column: Omit<Counted, 'index'>): Counted => ({
    ...column,
    index: indexValues(column.codes, column.dictionary.length, units),
  })
  const counted = settings.of.flatMap((name) => {
    const column = indexed({ name, ...tokensOf(table, name) })
    return settings.pairs ? [column, indexed(pairsOf(column, units, order))] : [column]
  })
  const everything = indexValues(new Int32Array(table.rowCount), 1, units)

  function columnFor(name: string): Float64Array | null {
    const unseen = counted.find((column) => name === `new ${column.name}`)
    if (unseen !== undefined) return newValues(unseen.codes, units, order)
    const window = windows.find(({ text }) => name.endsWith(` in ${text}`))
    const value = window === undefined ? name : name.slice(0, -` in ${window.text}`.length)
    const counts = countsOf(value)
    return counts === null || window === undefined ? counts : windowSums(counts, units, window.spans)
  }

  function countsOf(value: string): Float64Array | null {
    if (value === 'events') return countsByUnit(everything, 0, units.count)
    const column = counted.find((one) => value.startsWith(`${one.name}=`))
    if (column === undefined) return null
    const code = column.dictionary.indexOf(value.slice(column.name.length + 1))
    // A value that these events lack is counted all the same: never.
    return code < 0 ? new Float64Array(units.count) : countsByUnit(column.index, code, units.count)
  }

  return {
    plan(rows) {
      const names = ['', ...windows.map(({ text }) => ` in ${text}`)]
      const values = counted.flatMap((column) =>
        frequentValues(column, units, rows, settings.values).map((value) => `${column.name}=${value}`),
      )
      const sources = [
        ...['events', ...values].flatMap((value) => names.map((window) => `${value}${window}`)),
        ...(spanMs === null ? [] : counted.map(({ name }) => `new ${name}`)),
      ]
      return sources.map((source) => ({ name: source, source, encoder: { kind: 'quantile', knots: KNOTS } }))
    },
    column(name) {
      const counts = columnFor(name)
      // Counts span five orders of magnitude: their logarithm is what differs evenly.
      return counts === null ? null : { kind: 'number', values: counts.map(Math.log1p) }
    },
  }
}

/** The values in most training units, at most `limit`; the ones first seen first among equals. */
function frequentValues({ dictionary, index }: Counted, { count }: Units, rows: Uint32Array, limit: number): string[] {
  const isTrained = new Uint8Array(count)
  for (const row of rows) isTrained[row] = 1
  const frequency = new Uint32Array(dictionary.length)
  const latest = new Int32Array(count).fill(-1)
  for (let code = 0; code < dictionary.length; code++) {
    for (let i = index.starts[code]; i < index.starts[code + 1]; i++) {
      const unit = index.units[i]
      if (isTrained[unit] === 0 || latest[unit] === code) continue
      latest[unit] = code
      frequency[code]++
    }
  }
  return dictionary
    .map((value, code) => ({ value, code }))
    .filter(({ code, value }) => frequency[code] > 1 && value.length <= VALUE_LENGTH_MAX)
    .sort((a, b) => frequency[b.code] - frequency[a.code] || a.code - b.code)
    .slice(0, limit)
    .map(({ value }) => value)
}

/** Pairs of values that follow each other in one unit, as `3>5`; each event has that of itself and the event before. */
function pairsOf(
  { name, codes, dictionary }: Counted,
  { unitOf, count }: Units,
  order: Uint32Array,
): Omit<Counted, 'index'> {
  const last = new Int32Array(count).fill(-1)
  const pairs = new Int32Array(codes.length).fill(-1)
  const numbers = new Map<number, number>()
  const texts: string[] = []
  for (const event of order) {
    const unit = unitOf[event]
    if (unit < 0) continue
    const [before, now] = [last[unit], codes[event]]
    last[unit] = now
    if (before < 0 || now < 0) continue
    const pair = before * dictionary.length + now
    const number = numbers.get(pair) ?? texts.length
    pairs[event] = number
    if (number < texts.length) continue
    numbers.set(pair, number)
    texts.push(`${dictionary[before]}>${dictionary[now]}`)
  }
  return { name: `${name} pair`, codes: pairs, dictionary: texts }
}
