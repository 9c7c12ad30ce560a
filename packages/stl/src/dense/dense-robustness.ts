/** Robustness and verdicts in dense time, offline. */
import type { Specification } from '../language/formula.ts'
import { parse } from '../language/parse.ts'
import type { NumberInterval } from '../offline/interval-arithmetic.ts'
import { type Verdict, verdictFrom } from '../offline/verdict.ts'
import { type CompileOptions, compile } from '../program/compile.ts'
import { assertTime, type Program } from '../program/program.ts'
import { type DenseTrace, denseSignals } from './dense-trace.ts'
import { evaluate, evaluateBounds } from './evaluate.ts'
import { valueAt } from './pieces.ts'

/**
 * The robustness over time of a program that was compiled with `{ time: 'dense' }`, as RTAMT's dense-time monitors have it:
 * the last sample of a signal holds for ever, and windows are closed. O(1) amortised per change and operation.
 *
 * @example
 * ```ts
 * const program = compile('once[0,1] x', { time: 'dense' })
 * denseRobustness(program, { x: [[0, 4], [5, 2], [10, 5], [15, 3]] }) // [[0, 4], [6, 2], [10, 5], [16, 3]]
 * ```
 *
 * @returns [seconds, robustness] where it changes; each holds until the next, the last for ever. It begins where all signals
 *   have begun; what only looks ahead begins as much earlier as it looks (not before 0), and where a window into the past
 *   lies before the signals, once is -Infinity and historically Infinity, from 0 on
 * @throws {StlError} UNKNOWN_SIGNAL, TRACE_EMPTY, TRACE_TIME, TRACE_VALUE, DIVISION_BY_ZERO, NOT_A_NUMBER; OPTION for a
 *   program in steps
 */
export function denseRobustness(program: Program, trace: DenseTrace): [number, number][] {
  assertTime(program, 'seconds')
  return evaluate(program, denseSignals(program, trace)).map(({ time, value }) => [time, value + 0])
}

/**
 * Judges the beginning of a trace in dense time, as verdictOf() does it for steps: a window that reaches behind the last
 * sample is open, an operator without an end is about the time up to it.
 *
 * @example
 * ```ts
 * denseVerdictOf('F[0,3 s] x > 0', { x: [[0, -1], [500, 1], [501, -1]] }) // { verdict: 'violated', lower: -1, upper: -1 }
 * ```
 *
 * @param options `signals` are those of the trace unless given
 * @returns the verdict, and bounds of the robustness where all signals that the formula reads have begun
 * @throws {StlError} as compile() and denseRobustness() do
 */
export function denseVerdictOf(
  specification: string | Specification,
  trace: DenseTrace,
  options: Omit<CompileOptions, 'semantics' | 'time'> = {},
): { verdict: Verdict } & NumberInterval {
  const source = typeof specification === 'string' ? parse(specification, options) : specification
  const compiled = (semantics: 'robustness' | 'truth') =>
    compile(source, { signals: Object.keys(trace), ...options, semantics, time: 'dense' })
  const bounds = denseBounds(compiled('robustness'), trace)
  return { verdict: verdictFrom(bounds, () => denseBounds(compiled('truth'), trace)), ...bounds }
}

/** Bounds of a program's value where the signals begin, whatever comes behind their last sample. */
export function denseBounds(program: Program, trace: DenseTrace): NumberInterval {
  assertTime(program, 'seconds')
  const signals = denseSignals(program, trace)
  const { lower, upper } = evaluateBounds(program, signals)
  const beginning = { time: signals.start, behind: false }
  return { lower: valueAt(lower, beginning) + 0, upper: valueAt(upper, beginning) + 0 }
}
