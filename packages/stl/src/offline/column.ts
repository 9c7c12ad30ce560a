/** One operation over a whole trace. */
import { maximumStateSize, pushMaximum, resetMaximum } from '../kernels/sliding-maximum.ts'
import { meanStateSize, pushMean } from '../kernels/sliding-mean.ts'
import { pushSince, resetSince, SINCE, sinceStateSize } from '../kernels/sliding-since.ts'
import { pointwise, valueError } from '../program/pointwise.ts'
import { OP, type Operation, type Program } from '../program/program.ts'

/** What an operation reads and where it writes: all of length [T]. */
type Columns = {
  /** the operand, or the first of two; ignored by operations without */
  readonly a: Float64Array
  readonly b: Float64Array
  readonly out: Float64Array
}

/** How an operation is computed. */
type ColumnSettings = {
  readonly columns: Columns
  /**
   * What is behind the last step, see Profile. It matters where a window begins behind the end; one that reaches there has
   * the last step in it, which says as much as its repetitions.
   */
  readonly traceEnd: 'cut' | 'last'
  /** stands for a mean of opposite infinities, which is an error by default: a bound that is not known */
  readonly undefinedAs?: number | null
}

/**
 * Computes an operation at every step, but for constants and signals, which have no operands. What looks ahead is what
 * looks back, run from the last step to the first; nothing depends on the width but the memory, which the length bounds.
 *
 * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function runColumn(
  program: Program,
  operation: Operation,
  { columns, traceEnd, undefinedAs = null }: ColumnSettings,
): void {
  switch (operation.op) {
    case OP.delay:
      shift(operation, columns)
      break
    case OP.advance:
      shiftBack(operation, columns, traceEnd)
      break
    case OP.pastMaximum:
      runMaximum(operation, columns, { sign: 1, backwards: false })
      break
    case OP.pastMinimum:
      runMaximum(operation, columns, { sign: -1, backwards: false })
      break
    case OP.futureMaximum:
      runMaximum(operation, columns, { sign: 1, backwards: true })
      break
    case OP.futureMinimum:
      runMaximum(operation, columns, { sign: -1, backwards: true })
      break
    case OP.since:
      runSince(operation, columns, { backwards: false })
      break
    case OP.until:
      runSince(operation, columns, { backwards: true })
      break
    case OP.mean:
      runMean(program, operation, { columns, undefinedAs })
      break
    default:
      runPointwise(program, operation, columns)
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

function shiftBack({ width, value }: Operation, { a, out }: Columns, traceEnd: 'cut' | 'last'): void {
  const distance = Math.min(width, out.length)
  out.set(a.subarray(distance))
  out.fill(traceEnd === 'last' ? a[out.length - 1] : value, out.length - distance)
}

function runMaximum(
  operation: Operation,
  { a, out }: Columns,
  { sign, backwards }: { sign: 1 | -1; backwards: boolean },
): void {
  const length = out.length
  const width = Math.min(operation.width, length)
  const state = new Float64Array(maximumStateSize(width))
  resetMaximum(state, 0, width)
  for (let i = 0; i < length; i++) {
    const step = backwards ? length - 1 - i : i
    out[step] = sign * pushMaximum(state, 0, width, sign * a[step])
  }
}

function runSince(operation: Operation, { a, b, out }: Columns, { backwards }: { backwards: boolean }): void {
  const length = out.length
  const width = Math.min(operation.width, length)
  const state = new Float64Array(sinceStateSize(width))
  resetSince(state, 0, width)
  for (let i = 0; i < length; i++) {
    const step = backwards ? length - 1 - i : i
    out[step] = pushSince(state, 0, width, SINCE, a[step], b[step])
  }
}

function runMean(
  program: Program,
  operation: Operation,
  { columns: { a, out }, undefinedAs }: { columns: Columns; undefinedAs: number | null },
): void {
  const width = Math.min(operation.width, out.length)
  const state = new Float64Array(meanStateSize(width))
  for (let step = 0; step < out.length; step++) {
    const value = pushMean(state, 0, width, a[step])
    if (!Number.isNaN(value)) out[step] = value
    else if (undefinedAs !== null) out[step] = undefinedAs
    else throw valueError(program, operation, { x: a[step], y: width, step })
  }
}
