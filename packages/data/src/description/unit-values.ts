import type { Table } from '../reading/table-builder.ts'
import { tokensOf } from './labels.ts'
import type { UnitSettings, Units } from './units.ts'

/** Values of more characters name no input. */
const VALUE_LENGTH_MAX = 100

/** A column of events whose values are counted: that of the table, or pairs of values that follow each other in a unit. */
export type Counted = { readonly name: string; readonly codes: Int32Array; readonly dictionary: readonly string[] }

/** The columns whose values a description has counted. */
export function countedColumns(table: Table, { of, pairs, size }: UnitSettings, units: Units): Counted[] {
  // Units of a number of events follow each other without a gap.
  const runs = size === undefined ? { ...units, runOf: units.unitOf } : keyRuns(units)
  return of.flatMap((name) => {
    const column = { name, ...tokensOf(table, name) }
    return pairs ? [column, pairsOf(column, runs)] : [column]
  })
}

/** The values in most training units, at most `limit`; the ones first seen first among equals. */
export function frequentValues(
  { dictionary, codes }: Counted,
  { count, unitOf }: Units,
  rows: Uint32Array,
  limit: number,
): string[] {
  const isTrained = new Uint8Array(count)
  for (const row of rows) isTrained[row] = 1
  const { starts, units } = unitsOfValues(codes, dictionary.length, unitOf)
  const frequency = new Uint32Array(dictionary.length)
  const latest = new Int32Array(count).fill(-1)
  for (let code = 0; code < dictionary.length; code++) {
    for (let i = starts[code]; i < starts[code + 1]; i++) {
      const unit = units[i]
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

/** The units of each value's events: those of value v are units[starts[v] .. starts[v + 1]). Events without a value have none. */
function unitsOfValues(codes: Int32Array, size: number, unitOf: Int32Array) {
  const starts = new Uint32Array(size + 1)
  for (let event = 0; event < codes.length; event++) {
    if (unitOf[event] >= 0 && codes[event] >= 0) starts[codes[event] + 1]++
  }
  for (let code = 0; code < size; code++) starts[code + 1] += starts[code]
  const next = starts.slice()
  const units = new Uint32Array(starts[size])
  for (let event = 0; event < codes.length; event++) {
    if (unitOf[event] >= 0 && codes[event] >= 0) units[next[codes[event]]++] = unitOf[event]
  }
  return { starts, units }
}

/** Events in their order, and in which run, of `count`, each of them is. */
type Runs = Pick<Units, 'count' | 'order'> & { readonly runOf: Int32Array }

/** All events of a key are one run. */
function keyRuns({ keys, unitOf, order }: Units): Runs {
  const count = keys.reduce((most, key) => Math.max(most, key + 1), 0)
  return { count, order, runOf: unitOf.map((unit) => (unit < 0 ? -1 : keys[unit])) }
}

/** Pairs of values that follow each other in one run, as `3>5`; each event has that of itself and the event before. */
function pairsOf({ name, codes, dictionary }: Counted, { runOf, count, order }: Runs): Counted {
  const last = new Int32Array(count).fill(-1)
  const pairs = new Int32Array(codes.length).fill(-1)
  const numbers = new Map<number, number>()
  const texts: string[] = []
  for (const event of order) {
    const run = runOf[event]
    const [before, now] = [last[run], codes[event]]
    last[run] = now
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
