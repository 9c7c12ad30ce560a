/** Robustness and truth of a whole trace. */
import { OP, type Program } from '../program/program.ts'
import { columnsOf, type Trace } from '../trace/columns.ts'
import { runColumn } from './column.ts'

const NO_OPERAND = new Float64Array(0)

/**
 * The value of a program at every step: robustness in the unit of its predicates, or truth as 1 or -1 (infinite where
 * nothing is left to look at), as it was compiled. O(T) per operation, whatever the intervals.
 *
 * @example
 * ```ts
 * const calm = compile('F[0, 2 steps] load < 0.9', { signals: ['load'] })
 * robustness(calm, { load: [0.5, 0.95, 0.97, 0.8] }) // [0.4, 0.1, 0.1, 0.1], up to rounding
 * ```
 *
 * @returns a fresh array [T]
 * @throws {StlError} UNKNOWN_SIGNAL, TRACE_SHAPE, TRACE_EMPTY, TRACE_VALUE, DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function robustness(program: Program, trace: Trace): Float64Array {
  const { columns, length } = columnsOf(program, trace)
  const { operations, result, profile } = program
  const lastReader = lastReaders(program)
  const values: (Float64Array | null)[] = []
  const free: Float64Array[] = []
  for (const [index, operation] of operations.entries()) {
    const { op, a, b, width, value } = operation
    if (op === OP.signal) {
      values.push(columns[width])
      continue
    }
    const out = free.pop() ?? new Float64Array(length)
    values.push(out)
    if (op === OP.constant) out.fill(value)
    else {
      const operands = { a: values[a] ?? NO_OPERAND, b: b < 0 ? NO_OPERAND : values[b]!, out }
      runColumn(program, operation, { columns: operands, traceEnd: profile.traceEnd })
    }
    // What nobody reads any more makes room for what comes, but for the caller's own samples.
    for (const operand of a === b ? [a] : [a, b]) {
      if (operand < 0 || lastReader[operand] !== index) continue
      if (operations[operand].op !== OP.signal) free.push(values[operand]!)
      values[operand] = null
    }
  }
  const value = values[result]!
  // A program that is but a signal must not hand out the caller's array; + 0 makes 0 of -0.
  return value.map((sample) => sample + 0)
}

/** For each operation the last one that reads it. */
function lastReaders({ operations, result }: Program): Int32Array {
  const last = new Int32Array(operations.length).fill(-1)
  for (const [index, { a, b }] of operations.entries()) {
    if (a >= 0) last[a] = index
    if (b >= 0) last[b] = index
  }
  last[result] = operations.length
  return last
}
