import type { VigilError } from '@vigil/errors'
import { featureError } from '../errors.ts'
import type { RawColumn } from '../raw-column.ts'
import { lowerBound } from './fit.ts'
import { type FittedColumn, MAGNITUDES } from './pipeline.ts'

/** Standardised numbers are cut here: a single huge size must not drown the other inputs. */
const STANDARD_LIMIT = 3

/** Where the encoded values go: out[row * stride + offset]. */
export type Target<A extends Float32Array | Uint16Array> = {
  readonly out: A
  readonly stride: number
  readonly offset: number
}

/** Encodes a column of numbers into one dense input; a missing number becomes 0, the middle. */
export function encodeDense(column: FittedColumn, raw: RawColumn, target: Target<Float32Array>): void {
  const values = numbersOf(column, raw)
  const { out, stride, offset } = target
  if (column.kind === 'quantile') {
    for (let row = 0; row < values.length; row++) out[row * stride + offset] = quantileLevel(column, values[row])
  } else if (column.kind === 'standard') {
    for (let row = 0; row < values.length; row++) {
      const scaled = (values[row] - column.mean) / column.deviation
      out[row * stride + offset] = Number.isNaN(scaled)
        ? 0
        : Math.max(-STANDARD_LIMIT, Math.min(STANDARD_LIMIT, scaled))
    }
  } else throw new TypeError(`${column.kind} columns are categorical`)
}

/** Encodes a column into one categorical input. */
export function encodeCategorical(column: FittedColumn, raw: RawColumn, target: Target<Uint16Array>): void {
  const { out, stride, offset } = target
  if (column.kind === 'vocabulary') {
    if (raw.kind !== 'token') throw mismatch(column)
    const places = new Map(column.tokens.map((token, place) => [token, place + 1]))
    const byCode = Uint16Array.from(raw.dictionary, (token) => places.get(token) ?? 0)
    for (let row = 0; row < raw.codes.length; row++) {
      const code = raw.codes[row]
      out[row * stride + offset] = code < 0 ? 0 : byCode[code]
    }
    return
  }
  const values = numbersOf(column, raw)
  const indexOf = numberIndex(column)
  for (let row = 0; row < values.length; row++) {
    out[row * stride + offset] = Number.isNaN(values[row]) ? 0 : indexOf(values[row])
  }
}

/** The rule from a number to an index >= 1. */
function numberIndex(column: FittedColumn): (value: number) => number {
  switch (column.kind) {
    case 'count':
      return (value) => 1 + Math.max(0, Math.min(column.cap, Math.floor(value)))
    case 'values': {
      const places = new Map(column.values.map((value, place) => [value, place + 1]))
      const exact = 1 + column.values.length
      // Two powers of two per step: 1-3, 4-15, 16-63 and so on; what is below 1 goes to the first step.
      return (value) =>
        places.get(value) ?? exact + Math.min(MAGNITUDES - 1, Math.floor(Math.log2(Math.max(1, Math.abs(value))) / 2))
    }
    default:
      throw new TypeError(`${column.kind} columns do not hold categories of numbers`)
  }
}

/** Piecewise-linear through the knots, constant beyond them. */
function quantileLevel(
  column: { readonly knots: readonly number[]; readonly levels: readonly number[] },
  value: number,
): number {
  const { knots, levels } = column
  const last = knots.length - 1
  if (last < 0 || Number.isNaN(value)) return 0
  if (value <= knots[0]) return levels[0]
  if (value >= knots[last]) return levels[last]
  const right = lowerBound(knots, value)
  if (knots[right] === value) return levels[right]
  // Halved, so that the distance between two huge knots is still a number.
  const share = (value / 2 - knots[right - 1] / 2) / (knots[right] / 2 - knots[right - 1] / 2)
  return levels[right - 1] + share * (levels[right] - levels[right - 1])
}

function numbersOf(column: FittedColumn, raw: RawColumn): Float64Array {
  if (raw.kind !== 'number') throw mismatch(column)
  return raw.values
}

/** A saved pipeline may name a column of another kind; that is the pipeline's fault, not the program's. */
function mismatch(column: FittedColumn): VigilError {
  return featureError(
    'PIPELINE_MISMATCH',
    `Feature pipeline, ${column.name}: the encoder '${column.kind}' does not fit the data column '${column.source}'. Use the pipeline that was saved with the run.`,
  )
}
