import type { RawColumn } from '../raw-column.ts'
import { type ColumnPlan, type FittedColumn, TOKEN_LENGTH_MAX } from './pipeline.ts'
import { type Tally, tallyOf } from './tally.ts'

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
      return { kind: 'quantile', name, source, ...fitQuantiles(tallied(plan, column, rows), encoder.knots) }
    case 'standard':
      return { kind: 'standard', name, source, ...fitMoments(tallied(plan, column, rows)) }
    case 'values':
      return { kind: 'values', name, source, values: frequentValues(tallied(plan, column, rows), encoder) }
    case 'vocabulary':
      return { kind: 'vocabulary', name, source, tokens: frequentTokens(plan, column, rows, encoder) }
    case 'count': {
      const largest = tallied(plan, column, rows).values.at(-1) ?? 1
      return { kind: 'count', name, source, cap: Math.max(1, Math.min(encoder.cap, Math.floor(largest))) }
    }
  }
}

function tallied(plan: ColumnPlan, column: RawColumn, rows: Uint32Array): Tally {
  if (column.kind === 'number') return tallyOf(column.values, rows)
  throw new TypeError(`column ${plan.source} holds tokens; ${plan.encoder.kind} needs numbers`)
}

/**
 * Knots of the empirical distribution function: distinct values v with the level 2 (rank of v's middle) - 1, at most
 * `limit` of them, evenly spread over the ranks. Both ends are kept, so that the levels between are interpolations.
 */
function fitQuantiles({ values, starts }: Tally, limit: number): { knots: number[]; levels: number[] } {
  const knots: number[] = []
  const levels: number[] = []
  const count = starts[values.length]
  if (count === 0) return { knots, levels }
  let place = 0
  for (let k = 0; k < limit; k++) {
    const rank = Math.round((k * (count - 1)) / (limit - 1))
    while (starts[place + 1] <= rank) place++
    if (knots.length > 0 && values[place] === knots[knots.length - 1]) continue
    knots.push(values[place])
    levels.push(count === 1 ? 0 : (starts[place] + starts[place + 1] - 1) / (count - 1) - 1)
  }
  return { knots, levels }
}

/**
 * Mean and deviation, computed on values divided by the largest so that huge ones do not overflow. A constant column gets
 * deviation 1, so that it encodes to 0.
 */
function fitMoments({ values, starts }: Tally): { mean: number; deviation: number } {
  const largest = values.length === 0 ? 0 : Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]))
  if (largest === 0) return { mean: 0, deviation: 1 }
  let mean = 0
  for (let i = 0; i < values.length; i++) {
    for (let rank = starts[i]; rank < starts[i + 1]; rank++) mean += (values[i] / largest - mean) / (rank + 1)
  }
  let variance = 0
  for (let i = 0; i < values.length; i++) {
    const square = (values[i] / largest - mean) ** 2
    for (let rank = starts[i]; rank < starts[i + 1]; rank++) variance += square
  }
  const deviation = Math.sqrt(variance / starts[values.length]) * largest
  return { mean: mean * largest, deviation: deviation > 0 ? deviation : 1 }
}

/** The most frequent exact values, most frequent first, smaller first among equals. */
function frequentValues({ values, starts }: Tally, limits: { size: number; minimumRows: number }): number[] {
  return Array.from(values, (value, i) => ({ value, rows: starts[i + 1] - starts[i] }))
    .filter(({ rows }) => rows >= limits.minimumRows)
    .sort((a, b) => b.rows - a.rows || a.value - b.value)
    .slice(0, limits.size)
    .map(({ value }) => value)
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
