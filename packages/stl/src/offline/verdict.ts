/** Whether a trace satisfies a formula, in three values. */
import type { Specification } from '../language/formula.ts'
import { parse } from '../language/parse.ts'
import { type CompileOptions, compile } from '../program/compile.ts'
import type { Trace } from '../trace/columns.ts'
import type { NumberInterval } from './interval-arithmetic.ts'
import { type IntervalColumn, robustnessInterval } from './robustness-interval.ts'

/** Inconclusive: the trace ends before the formula has seen what it asks for. */
export type Verdict = 'satisfied' | 'violated' | 'inconclusive'

/**
 * Judges the first step of a trace. A window with an end that reaches behind the last step is open: what comes may be
 * anything. An operator without an end, such as `G p`, is about the steps that the trace has.
 *
 * The verdict comes from bounds (RoSI), not from robustness(), whose numbers are the dialect's: RTAMT cuts a window at the
 * end of the trace, so that `G[10,20] p` is inf, and `F[0,20] p` is -5 or so, for a trace of three steps.
 *
 * @example
 * ```ts
 * verdictOf('F[0,1000] x > 5', { x: [1, 1, 1] }) // { verdict: 'inconclusive', lower: -4, upper: Infinity }
 * verdictOf('G x > 0', { x: [1, 1, 1] }) // { verdict: 'satisfied', lower: 1, upper: 1 }
 * ```
 *
 * @param options `signals` are those of the trace unless given
 * @returns the verdict, and bounds of the robustness at step 0; both are the robustness where nothing is open
 * @throws {StlError} as compile() and robustness() do
 */
export function verdictOf(
  specification: string | Specification,
  trace: Trace,
  options: Omit<CompileOptions, 'semantics'> = {},
): { verdict: Verdict } & NumberInterval {
  const source = typeof specification === 'string' ? parse(specification, options) : specification
  const bounds = (semantics: 'robustness' | 'truth') =>
    robustnessInterval(compile(source, { signals: Object.keys(trace), ...options, semantics }), trace, {
      unbounded: 'trace',
    })
  const { lower, upper } = at0(bounds('robustness'))
  return { verdict: verdictFrom({ lower, upper }, () => at0(bounds('truth'))), lower, upper }
}

/**
 * The verdict on bounds of the robustness; where one of them is exactly 0, truth, which minds what is strict, decides.
 *
 * @param truth bounds of the truth (above 0 true, below 0 false), asked for only where it matters
 */
export function verdictFrom({ lower, upper }: NumberInterval, truth: () => NumberInterval): Verdict {
  if (lower > 0) return 'satisfied'
  if (upper < 0) return 'violated'
  if (lower < 0 && upper > 0) return 'inconclusive'
  const bounds = truth()
  if (bounds.lower > 0) return 'satisfied'
  return bounds.upper < 0 ? 'violated' : 'inconclusive'
}

function at0({ lower, upper }: IntervalColumn): NumberInterval {
  return { lower: lower[0], upper: upper[0] }
}
