import { dataError } from '../errors.ts'
import type { Table } from '../reading/table-builder.ts'
import { shownText } from '../tables/csv-text.ts'
import { keysOf } from './labels.ts'
import type { Description } from './schema.ts'

/**
 * Streams numbered in the order in which they come. Rows that lack part of the key, or have none, are a stream each.
 *
 * @returns with `keyed`, in which those have none: -1
 */
export function streamsOf(
  table: Table,
  names: readonly string[],
): { readonly streams: Uint32Array; readonly keyed: Int32Array } {
  const streams = rowNumbers(table.rowCount)
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
export function timesOf(table: Table, { time }: Pick<Description, 'time'>): Float64Array | null {
  if (time === undefined) return null
  const column = table.columns.get(time.column)?.column
  if (column?.kind !== 'number') throw new TypeError('times are numbers')
  requireTimes(column.values, time.column)
  const times = column.values.slice()
  for (let row = 0; row < times.length; row++) if (Number.isNaN(times[row])) times[row] = row === 0 ? 0 : times[row - 1]
  return times
}

/** Most times must be there: without them the order, gaps and days would be made up. */
const TIMES_MISSING_MAX = 0.05

function requireTimes(values: Float64Array, name: string): void {
  const missing = values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0)
  if (missing <= TIMES_MISSING_MAX * values.length) return
  throw dataError(
    'VALUE_INVALID',
    `Description, "time": needs a time in at least 95 % of the rows of the column ${shownText(name)}, received none in ${missing} of ${values.length}. Times are numbers or ISO 8601; name another column.`,
  )
}

/** Ranks by time, then by place in the files. */
export function ranksOf(times: Float64Array | null, rowCount: number): Uint32Array {
  const ranks = rowNumbers(rowCount)
  if (times === null) return ranks
  const order = ranks.slice().sort((a, b) => times[a] - times[b] || a - b)
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank]] = rank
  return ranks
}

/** 0 .. count - 1 */
function rowNumbers(count: number): Uint32Array {
  const rows = new Uint32Array(count)
  for (let row = 0; row < count; row++) rows[row] = row
  return rows
}

/** Rows in the order of their ranks. */
export function orderOf(ranks: Uint32Array): Uint32Array {
  const order = new Uint32Array(ranks.length)
  for (let row = 0; row < order.length; row++) order[ranks[row]] = row
  return order
}
