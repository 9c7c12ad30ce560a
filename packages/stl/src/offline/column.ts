/** One operation over a whole trace. */
import { pushMaximum, maximumStateSize } from '../kernels/sliding-maximum.ts'
import { meanStateSize, pushMean } from '../kernels/sliding-mean.ts'
import { pushSince, resetSince, SINCE, sinceStateSize } from '../kernels/sliding-since.ts'
import { pointwise, valueError } from '../program/pointwise.ts'
import { FIRST_TEMPORAL, OP, type Operation, type Program } from '../program/program.ts'

/** What an operation reads and where it writes: all of length [T]. */
export type Columns = {
  /** the operand, or the first of two; ignored by operations without */
  readonly a: Float64Array
  readonly b: Float64Array
  readonly out: Float64Array
}

/**
 * Computes an operation at every step, but for constants and signals, which have no operands. What looks ahead is what
 * looks back, run from the last step to the first; nothing depends on the width but the memory, which the length bounds.
 *
 * @param traceEnd what windows see behind the last step, see Profile
 * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function runColumn(
  program: Program,
  operation: Operation,
  { columns, traceEnd }: { columns: Columns; traceEnd: 'cut' | 'last' },
): void {
  if (operation.op < FIRST_TEMPORAL) return runPointwise(program, operation, columns)
  const padded = traceEnd === 'last'
  switch (operation.op) {
    case OP.delay:
      return shift(operation, columns)
    case OP.advance:
      return shiftBack(operation, columns, padded)
    case OP.pastMaximum:
      return runMaximum(operation, columns, { sign: 1, backwards: false, padded: false })
    case OP.pastMinimum:
      return runMaximum(operation, columns, { sign: -1, backwards: false, padded: false })
    case OP.futureMaximum:
      return runMaximum(operation, columns, { sign: 1, backwards: true, padded })
    case OP.futureMinimum:
      return runMaximum(operation, columns, { sign: -1, backwards: true, padded })
    case OP.since:
      return runSince(operation, columns, { backwards: false, padded: false })
    case OP.until:
      return runSince(operation, columns, { backwards: true, padded })
    default:
      return runMean(program, operation, columns)
  }
}

function runPointwise(program: Program, operation: Operation, { a, b, out }: Columns): void {
  const { op } = operation
  for (let step = 0; step < out.length; step++) {
    const value = pointwise(op, a[step], b[step])
    if (Number.isNaN(value)) throw valueError(program, operation, { x: a[step], y: b[step], step })
    out[step] = value
  }
}

function shift({ width, value }: Operation, { a, out }: Columns): void {
  const distance = Math.min(width, out.length)
  out.set(a.subarray(0, out.length - distance), distance)
  out.fill(value, 0, distance)
}

function shiftBack({ width, value }: Operation, { a, out }: Columns, padded: boolean): void {
  const distance = Math.min(width, out.length)
  out.set(a.subarray(distance))
  out.fill(padded ? a[out.length - 1] : value, out.length - distance)
}

type Direction = { readonly backwards: boolean; readonly padded: boolean }

function runMaximum({ width }: Operation, { a, out }: Columns, { sign, backwards, padded }: Direction & { sign: number }) {
  const length = out.length
  const windowed = width === 0 ? 0 : Math.min(width, length + 1)
  const state = new Float64Array(windowed === 0 ? 0 : maximumStateSize(windowed))
  // Behind the end the last value goes on for ever; the first of those steps says as much as all of them.
  if (padded && windowed > 0) pushMaximum(state, 0, windowed, sign * a[length - 1])
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < length; i++) {
    const step = backwards ? length - 1 - i : i
    const value = sign * a[step]
    if (windowed === 0) largest = value > largest ? value : largest
    else largest = pushMaximum(state, 0, windowed, value)
    out[step] = sign * largest
  }
}

function runSince({ width }: Operation, { a, b, out }: Columns, { backwards, padded }: Direction): void {
  const length = out.length
  const windowed = width === 0 ? 0 : Math.min(width, length + 1)
  const state = new Float64Array(windowed === 0 ? 0 : sinceStateSize(windowed))
  if (windowed > 0) resetSince(state, 0, windowed)
  if (padded && windowed > 0) pushSince(state, 0, windowed, SINCE, a[length - 1], b[length - 1])
  let value = Number.NEGATIVE_INFINITY
  for (let i = 0; i < length; i++) {
    const step = backwards ? length - 1 - i : i
    if (windowed === 0) value = Math.max(b[step], Math.min(a[step], value))
    else value = pushSince(state, 0, windowed, SINCE, a[step], b[step])
    out[step] = value
  }
}

function runMean(program: Program, operation: Operation, { a, out }: Columns): void {
  const width = Math.min(operation.width, out.length)
  const state = new Float64Array(meanStateSize(width))
  for (let step = 0; step < out.length; step++) {
    const value = pushMean(state, 0, width, a[step])
    if (Number.isNaN(value)) throw valueError(program, operation, { x: a[step], y: width, step })
    out[step] = value
  }
}
