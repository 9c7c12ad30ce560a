import type { VigilError } from '@vigil/errors'
import { featureError } from '../errors.ts'
import type { RawColumn } from '../raw-column.ts'
import { type FittedColumn, MAGNITUDES } from './pipeline.ts'

/** Standardised numbers are cut here: a single huge size must not drown the other inputs. */
const STANDARD_LIMIT = 3

/** Where the encoded values go: out[row * stride + offset]. */
export type Target<A extends Float32Array | Uint16Array> = {
  readonly out: A
  readonly stride: number
  readonly offset: number
}

/** Encodes the rows from .. to - 1 of a column. */
export type RowsEncoder = (from: number, to: number) => void

/** Encodes a column of numbers into one dense input; a missing number becomes 0, the middle. */
export function denseEncoder(column: FittedColumn, raw: RawColumn, target: Target<Float32Array>): RowsEncoder {
  const values = numbersOf(column, raw)
  if (column.kind === 'quantile') return quantileEncoder(column, values, target)
  const { out, stride, offset } = target
  const encode = denseValue(column)
  return (from, to) => {
    for (let row = from; row < to; row++) out[row * stride + offset] = encode(values[row])
  }
}

/**
 * The rule from a number to a dense input, for numbers that come one by one; NaN = missing.
 *
 * @example
 * denseValue({ kind: 'standard', name: 'size', source: 'size', mean: 10, deviation: 2 })(13) // 1.5
 *
 * @returns before it is rounded to f32
 */
export function denseValue(column: FittedColumn): (value: number) => number {
  switch (column.kind) {
    case 'standard':
      return (value) => {
        const scaled = (value - column.mean) / column.deviation
        return Number.isNaN(scaled) ? 0 : Math.max(-STANDARD_LIMIT, Math.min(STANDARD_LIMIT, scaled))
      }
    case 'quantile': {
      const { knots } = column
      return (value) => levelOf(column, value, firstNotBelow(knots, value))
    }
    default:
      throw new TypeError(`${column.kind} columns are categorical`)
  }
}

/** The place of the first of some ascending numbers that is not below a value; the last is not. */
function firstNotBelow(numbers: readonly number[], value: number): number {
  let [low, high] = [0, numbers.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Encodes a column into one categorical input. */
export function categoricalEncoder(column: FittedColumn, raw: RawColumn, target: Target<Uint16Array>): RowsEncoder {
  const { out, stride, offset } = target
  if (column.kind === 'vocabulary') {
    if (raw.kind !== 'token') throw mismatch(column)
    const indexOf = tokenIndex(column)
    const byCode = Uint16Array.from(raw.dictionary, indexOf)
    const { codes } = raw
    return (from, to) => {
      for (let row = from; row < to; row++) out[row * stride + offset] = codes[row] < 0 ? 0 : byCode[codes[row]]
    }
  }
  const values = numbersOf(column, raw)
  const indexOf = numberIndex(column)
  return (from, to) => {
    for (let row = from; row < to; row++) {
      out[row * stride + offset] = Number.isNaN(values[row]) ? 0 : indexOf(values[row])
    }
  }
}

/** The rule from a token to an index; 0 = unknown. */
export function tokenIndex({ tokens }: { readonly tokens: readonly string[] }): (token: string) => number {
  const places = new Map(tokens.map((token, place) => [token, place + 1]))
  return (token) => places.get(token) ?? 0
}

/** The rule from a number to an index >= 1. */
export function numberIndex(column: FittedColumn): (value: number) => number {
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

type Quantiles = { readonly knots: ArrayLike<number>; readonly levels: ArrayLike<number> }

function quantileEncoder(
  column: { readonly knots: readonly number[]; readonly levels: readonly number[] },
  values: Float64Array,
  { out, stride, offset }: Target<Float32Array>,
): RowsEncoder {
  const knots = Float64Array.from(column.knots)
  const quantiles = { knots, levels: Float64Array.from(column.levels) }
  const firstRights = firstRightsOf(knots)
  const upper = upperHalves(values)
  return (from, to) => {
    for (let row = from; row < to; row++) {
      let right = firstRights[magnitudeOf(upper[2 * row])]
      while (knots[right] < values[row]) right++
      out[row * stride + offset] = levelOf(quantiles, values[row], right)
    }
  }
}

/** Piecewise-linear through the knots, constant beyond them. @param right the first knot that is not below the value, if any is */
function levelOf({ knots, levels }: Quantiles, value: number, right: number): number {
  const last = knots.length - 1
  if (last < 0 || Number.isNaN(value)) return 0
  if (value <= knots[0]) return levels[0]
  if (value >= knots[last]) return levels[last]
  if (knots[right] === value) return levels[right]
  // Halved, so that the distance between two huge knots is still a number.
  const share = (value / 2 - knots[right - 1] / 2) / (knots[right] / 2 - knots[right - 1] / 2)
  return levels[right - 1] + share * (levels[right] - levels[right - 1])
}

const MAGNITUDE_COUNT = 1 << 16

/** Sign, exponent and four bits of a number as a whole number that ascends with it, from the upper half of its bits. */
function magnitudeOf(upper: number): number {
  return (upper < 0 ? ~upper : upper ^ 0x80000000) >>> 16
}

/** By magnitude: the knots that are of a smaller one, and so to the left of every value of it. */
function firstRightsOf(knots: Float64Array): Uint16Array {
  const rights = new Uint16Array(MAGNITUDE_COUNT)
  // 0 is of a larger magnitude than -0, which equals it.
  const upper = upperHalves(knots.map((knot) => knot + 0))
  for (let i = 0; i < knots.length; i++) rights.fill(i + 1, magnitudeOf(upper[2 * i]) + 1)
  return rights
}

/** The upper half of the bits of each number, in every second place. */
function upperHalves(numbers: Float64Array): Int32Array {
  // Little-endian, as every host that Node runs WebAssembly shared memory on.
  return new Int32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length).subarray(1)
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
