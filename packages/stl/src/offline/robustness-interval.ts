/**
 * Interval robustness of a trace that is not over: RoSI (Deshmukh, Donze, Ghosh, Jin, Juniwal and Seshia 2017, "Robust
 * online monitoring of signal temporal logic", arXiv:1506.08234). Every sample to come may be anything.
 */
import { valueError } from '../program/pointwise.ts'
import { FIRST_TEMPORAL, OP, type Operation, type Program } from '../program/program.ts'
import { columnsOf, type Trace } from '../trace/columns.ts'
import { runColumn } from './column.ts'
import { intervalOf } from './interval-arithmetic.ts'

/**
 * Bounds per step, both of length [T]; the same array where nothing is uncertain.
 * Invariant: lower[t] <= upper[t].
 */
export type IntervalColumn = { readonly lower: Float64Array; readonly upper: Float64Array }

/**
 * What comes behind the last step of operators without an end, G and F and U without an interval: steps that are unknown,
 * as RoSI has it, or none, since they are about the trace that there is. Windows with an end are open in either case.
 */
export type UnboundedEnd = 'open' | 'trace'

/**
 * Between which values the robustness at each step will lie, however the trace goes on, or if it ends here. Where both are
 * equal it is known. O(T) per operation.
 *
 * @example
 * ```ts
 * robustnessInterval(compile('F[0,2] x > 5'), { x: [1, 7, 2] }) // lower [2, 2, -3], upper [2, Infinity, Infinity]
 * ```
 *
 * @returns fresh arrays [T]
 * @throws {StlError} as robustness() does
 */
export function robustnessInterval(
  program: Program,
  trace: Trace,
  { unbounded = 'open' }: { unbounded?: UnboundedEnd } = {},
): IntervalColumn {
  const { columns, length } = columnsOf(program, trace)
  const { lower, upper } = intervalColumn(program, { known: columns.map(certain), length, unbounded })
  return { lower: lower.map((value) => value + 0), upper: upper.map((value) => value + 0) }
}

/**
 * The same for any source of signals.
 *
 * @param known bounds of the signals, in the order of the program's
 */
export function intervalColumn(
  program: Program,
  { known, length, unbounded }: { known: readonly IntervalColumn[]; length: number; unbounded: UnboundedEnd },
): IntervalColumn {
  const columns: IntervalColumn[] = []
  for (const operation of program.operations) {
    const { op, width, value } = operation
    if (op === OP.signal) columns.push(known[width])
    else if (op === OP.constant) columns.push(certain(new Float64Array(length).fill(value)))
    else {
      const a = columns[operation.a]
      const operands = { a, b: operation.b < 0 ? a : columns[operation.b] }
      columns.push(
        op < FIRST_TEMPORAL
          ? pointwiseColumn(program, operation, operands)
          : temporalColumn(program, operation, { ...operands, unbounded }),
      )
    }
  }
  return columns[program.result]
}

type Operands = { readonly a: IntervalColumn; readonly b: IntervalColumn }

function pointwiseColumn(program: Program, operation: Operation, { a, b }: Operands): IntervalColumn {
  const length = a.lower.length
  const isCertain = a.lower === a.upper && b.lower === b.upper
  const lower = new Float64Array(length)
  const upper = isCertain ? lower : new Float64Array(length)
  const x = { lower: 0, upper: 0 }
  const y = { lower: 0, upper: 0 }
  const out = { lower: 0, upper: 0 }
  for (let step = 0; step < length; step++) {
    x.lower = a.lower[step]
    x.upper = a.upper[step]
    y.lower = b.lower[step]
    y.upper = b.upper[step]
    if (!intervalOf(operation.op, { x, y, out })) throw valueError(program, operation, { x: x.lower, y: y.lower, step })
    lower[step] = out.lower
    upper[step] = out.upper
  }
  return { lower, upper }
}

/** Operations over time grow with their operands, so each bound goes through them alone; then the steps to come count. */
function temporalColumn(
  program: Program,
  operation: Operation,
  { a, b, unbounded }: Operands & { unbounded: UnboundedEnd },
): IntervalColumn {
  const length = a.lower.length
  const isCertain = a.lower === a.upper && b.lower === b.upper
  const run = (a: Float64Array, b: Float64Array, unknown: number) => {
    const out = new Float64Array(length)
    const undefinedAs = isCertain ? null : unknown
    runColumn(program, operation, { columns: { a, b, out }, traceEnd: 'cut', undefinedAs })
    return out
  }
  const lower = run(a.lower, b.lower, Number.NEGATIVE_INFINITY)
  const upper = isCertain ? lower.slice() : run(a.upper, b.upper, Number.POSITIVE_INFINITY)
  const open = firstOpen(operation, { length, unbounded })
  switch (operation.op) {
    case OP.advance: {
      const behind = Math.max(0, length - operation.width)
      lower.fill(Number.NEGATIVE_INFINITY, behind)
      upper.fill(Number.POSITIVE_INFINITY, behind)
      return { lower, upper }
    }
    case OP.futureMinimum:
      lower.fill(Number.NEGATIVE_INFINITY, open)
      return { lower, upper }
    case OP.futureMaximum:
      upper.fill(Number.POSITIVE_INFINITY, open)
      return { lower, upper }
    case OP.until:
      openUntil(upper, { left: a.upper, open })
      return { lower, upper }
    default:
      return { lower, upper: isCertain ? lower : upper }
  }
}

/** The first step whose window reaches behind the trace; T where none does. */
function firstOpen({ width }: Operation, { length, unbounded }: { length: number; unbounded: UnboundedEnd }): number {
  if (width === 0) return unbounded === 'open' ? 0 : length
  return Math.max(0, length - width + 1)
}

/** The right side may hold at the step to come, if the left side has held until there. */
function openUntil(upper: Float64Array, { left, open }: { left: Float64Array; open: number }): void {
  let held = Number.POSITIVE_INFINITY
  for (let step = upper.length - 1; step >= open; step--) {
    held = Math.min(held, left[step])
    upper[step] = Math.max(upper[step], held)
  }
}

function certain(values: Float64Array): IntervalColumn {
  return { lower: values, upper: values }
}
