import type { Table } from '../reading/table-builder.ts'
import { keysOf } from './labels.ts'
import { type Description, millisecondsOf } from './schema.ts'

export type UnitSettings = NonNullable<Description['unit']>

/**
 * What is judged instead of single events: all events of one key within one span of time, the first ones of a key, or every so
 * many of those.
 */
export type Units = {
  readonly count: number
  /** [events] unit of each event, -1 = it belongs to none. */
  readonly unitOf: Int32Array
  /** Events that belong to units, in the order of time. */
  readonly order: Uint32Array
  /** [units] number of the key. */
  readonly keys: Uint32Array
  /** [units] first event of each. */
  readonly firstEvents: Uint32Array
  /** [units] how many events of the order are past when it is judged. */
  readonly past: Uint32Array
  /** [units] nanoseconds since 1970 when it is judged: the last one of the span of time, or that of its last event. */
  readonly judgedAt: BigInt64Array
}

/**
 * Gathers events into units, numbered by span and then in the order in which they come.
 *
 * @param order events in the order of time
 * @param times [events] nanoseconds since 1970; zeros where the description names no time
 */
export function gatherUnits(
  table: Table,
  { by, every, first, size }: UnitSettings,
  { order, times }: { readonly order: Uint32Array; readonly times: BigInt64Array },
): Units {
  const keyOf = keysOf(table, by)
  const spanNs = every === undefined ? null : BigInt(millisecondsOf(every)) * 1_000_000n
  const keyNumbers = new Map<string, number>()
  const unitNumbers = new Map<string, number>()
  const unitOf = new Int32Array(table.rowCount).fill(-1)
  const [keys, firstEvents, past, own]: number[][] = [[], [], [], []]
  const eventsOfKey: number[] = []
  const judgedAt: bigint[] = []
  for (const row of order) {
    const key = keyOf(row)
    if (key === null) continue
    const keyNumber = keyNumbers.get(key) ?? keyNumbers.size
    keyNumbers.set(key, keyNumber)
    const before = eventsOfKey[keyNumber] ?? 0
    if (first !== undefined && before >= first) continue
    eventsOfKey[keyNumber] = before + 1
    const part = size === undefined ? 0n : BigInt(Math.floor(before / size))
    const span = spanNs === null ? part : floorDivide(times[row], spanNs)
    const name = `${keyNumber} ${span}`
    let unit = unitNumbers.get(name)
    if (unit === undefined) {
      unit = keys.length
      unitNumbers.set(name, unit)
      keys.push(keyNumber)
      firstEvents.push(row)
    }
    unitOf[row] = unit
    own.push(row)
    past[unit] = own.length
    judgedAt[unit] = spanNs === null ? times[row] : (span + 1n) * spanNs - 1n
  }
  // A span ends for all its units at once.
  for (let unit = past.length - 2; spanNs !== null && unit >= 0; unit--) {
    if (judgedAt[unit] === judgedAt[unit + 1]) past[unit] = Math.max(past[unit], past[unit + 1])
  }
  for (let unit = 1; spanNs !== null && unit < past.length; unit++) {
    if (judgedAt[unit] === judgedAt[unit - 1]) past[unit] = past[unit - 1]
  }
  return {
    count: keys.length,
    unitOf,
    order: Uint32Array.from(own),
    keys: Uint32Array.from(keys),
    firstEvents: Uint32Array.from(firstEvents),
    past: Uint32Array.from(past),
    judgedAt: BigInt64Array.from(judgedAt),
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a % b < 0n ? a / b - 1n : a / b
}
