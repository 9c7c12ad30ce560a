import type { RawColumn } from '../raw-column.ts'
import { type ColumnPlan, type FittedColumn, TOKEN_LENGTH_MAX } from './pipeline.ts'

/**
 * Learns one encoder from the training rows and from nothing else.
 *
 * @param plan   what to learn
 * @param column N raw values
 * @param rows   the training rows
 */
export function fitColumn(plan: ColumnPlan, column: RawColumn, rows: Uint32Array): FittedColumn {
  const { name, source, encoder } = plan
  switch (encoder.kind) {
    case 'quantile':
      return { kind: 'quantile', name, source, ...fitQuantiles(sortedNumbers(plan, column, rows), encoder.knots) }
    case 'standard':
      return { kind: 'standard', name, source, ...fitMoments(sortedNumbers(plan, column, rows)) }
    case 'values':
      return { kind: 'values', name, source, values: frequentValues(sortedNumbers(plan, column, rows), encoder) }
    case 'vocabulary':
      return { kind: 'vocabulary', name, source, tokens: frequentTokens(plan, column, rows, encoder) }
    case 'count': {
      const sorted = sortedNumbers(plan, column, rows)
      const largest = sorted.length === 0 ? 1 : sorted[sorted.length - 1]
      return { kind: 'count', name, source, cap: Math.max(1, Math.min(encoder.cap, Math.floor(largest))) }
    }
  }
}

/** The training rows' numbers without the missing ones, ascending. */
function sortedNumbers(plan: ColumnPlan, column: RawColumn, rows: Uint32Array): Float64Array {
  if (column.kind !== 'number')
    throw new TypeError(`column ${plan.source} holds tokens; ${plan.encoder.kind} needs numbers`)
  const picked = new Float64Array(rows.length)
  let count = 0
  for (const row of rows) {
    const value = column.values[row]
    if (!Number.isNaN(value)) picked[count++] = value
  }
  return picked.subarray(0, count).sort()
}

/**
 * Knots of the empirical distribution function: distinct values v with the level 2 (rank of v's middle) - 1, at most
 * `limit` of them, evenly spread over the ranks. Both ends are kept, so that the levels between are interpolations.
 */
function fitQuantiles(sorted: Float64Array, limit: number): { knots: number[]; levels: number[] } {
  const knots: number[] = []
  const levels: number[] = []
  const count = sorted.length
  if (count === 0) return { knots, levels }
  for (let k = 0; k < limit; k++) {
    const value = sorted[Math.round((k * (count - 1)) / (limit - 1))]
    if (knots.length > 0 && value === knots[knots.length - 1]) continue
    const first = lowerBound(sorted, value)
    const after = upperBound(sorted, value)
    knots.push(value)
    levels.push(count === 1 ? 0 : (first + after - 1) / (count - 1) - 1)
  }
  return { knots, levels }
}

/**
 * Mean and deviation, computed on values divided by the largest so that huge ones do not overflow. A constant column gets
 * deviation 1, so that it encodes to 0.
 */
function fitMoments(sorted: Float64Array): { mean: number; deviation: number } {
  const largest = sorted.length === 0 ? 0 : Math.max(Math.abs(sorted[0]), Math.abs(sorted[sorted.length - 1]))
  if (largest === 0) return { mean: 0, deviation: 1 }
  let mean = 0
  for (let i = 0; i < sorted.length; i++) mean += (sorted[i] / largest - mean) / (i + 1)
  let variance = 0
  for (const value of sorted) variance += (value / largest - mean) ** 2
  const deviation = Math.sqrt(variance / sorted.length) * largest
  return { mean: mean * largest, deviation: deviation > 0 ? deviation : 1 }
}

/** The most frequent exact values, most frequent first, smaller first among equals. */
function frequentValues(sorted: Float64Array, limits: { size: number; minimumRows: number }): number[] {
  const found: { value: number; rows: number }[] = []
  for (let i = 0; i < sorted.length; ) {
    const after = upperBound(sorted, sorted[i])
    if (after - i >= limits.minimumRows) found.push({ value: sorted[i], rows: after - i })
    i = after
  }
  found.sort((a, b) => b.rows - a.rows || a.value - b.value)
  return found.slice(0, limits.size).map((entry) => entry.value)
}

/** The most frequent tokens, most frequent first, alphabetical among equals. */
function frequentTokens(
  plan: ColumnPlan,
  column: RawColumn,
  rows: Uint32Array,
  limits: { size: number; minimumRows: number },
): string[] {
  if (column.kind !== 'token') throw new TypeError(`column ${plan.source} holds numbers; a vocabulary needs tokens`)
  const counts = new Uint32Array(column.dictionary.length)
  for (const row of rows) if (column.codes[row] >= 0) counts[column.codes[row]]++
  return column.dictionary
    .map((token, code) => ({ token, rows: counts[code] }))
    .filter(({ token, rows }) => rows >= limits.minimumRows && token.length <= TOKEN_LENGTH_MAX)
    .sort((a, b) => b.rows - a.rows || (a.token < b.token ? -1 : 1))
    .slice(0, limits.size)
    .map((entry) => entry.token)
}

/** First index whose value is >= wanted. */
export function lowerBound(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < wanted) low = middle + 1
    else high = middle
  }
  return low
}

/** First index whose value is > wanted. */
function upperBound(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] <= wanted) low = middle + 1
    else high = middle
  }
  return low
}
