/**
 * The compiled form of a specification: a list of operations, each a function of earlier ones, that knows nothing of names,
 * units or dialects. Offline, online and interval evaluation all run this list, so that every operator has one meaning.
 */
import { type Span, StlError } from '../errors.ts'
import type { Profile } from '../profile.ts'

/**
 * What an operation does with its operands a and b at step t. `width` is a number of steps; 0 is unbounded for windows.
 * The numbers are part of the compiled form: new operations are added behind.
 */
export const OP = {
  /** value */
  constant: 0,
  /** signal number `width` */
  signal: 1,
  /** -a */
  negate: 2,
  /** |a| */
  absolute: 3,
  squareRoot: 4,
  exponential: 5,
  add: 6,
  subtract: 7,
  multiply: 8,
  /** a / b; not a number for b = 0 */
  divide: 9,
  /** a to the power of b */
  power: 10,
  minimum: 11,
  maximum: 12,
  /** a - b, and 0 for two equal infinities */
  difference: 13,
  /** |a - b|, and 0 for two equal infinities */
  distance: 14,
  /** 1 where a > 0, else -1 */
  positive: 15,
  /** 1 where a >= 0, else -1 */
  nonNegative: 16,
  /** 1 where a > 0, else 0 */
  indicator: 17,
  /** a at t - width, `value` before there is one */
  delay: 18,
  /** a at t + width; behind the end `value`, or the last a where the profile says so */
  advance: 19,
  /** the largest (smallest) a from t - width + 1 to t */
  pastMaximum: 20,
  pastMinimum: 21,
  /** the largest (smallest) a from t to t + width - 1 */
  futureMaximum: 22,
  futureMinimum: 23,
  /** max over s from t - width + 1 to t of min(b at s, a from s + 1 to t) */
  since: 24,
  /** max over s from t to t + width - 1 of min(b at s, a from t to s - 1) */
  until: 25,
  /** the mean of a from t - width + 1 to t, of as many as there are */
  mean: 26,
  // In dense time, where `value` and `width` are seconds and `width` may be Infinity:
  /** the largest a in [t + value, t + width] */
  eventuallyWithin: 27,
  /** the largest a in [t - width, t - value] */
  onceWithin: 28,
  /** max over s >= t of min(b at s, a in [t, s]); with width Infinity bounds are about the trace alone */
  denseUntil: 29,
  /** max over s <= t of min(b at s, a in [s, t]) */
  denseSince: 30,
} as const

/** One of {@link OP}. */
export type OpCode = (typeof OP)[keyof typeof OP]

/** Operations from here on look at more than one step. */
export const FIRST_TEMPORAL = OP.delay

/** One operation. */
export type Operation = {
  readonly op: OpCode
  /** index of an earlier operation; -1 without */
  readonly a: number
  readonly b: number
  readonly width: number
  readonly value: number
  /** the part of the text that it came from, for errors */
  readonly span: Span
}

/** A compiled specification; see compile(). */
export type Program = {
  /** the text that it was compiled from */
  readonly text: string
  /** each only reads those before it */
  readonly operations: readonly Operation[]
  /** index of the operation that is the value of the formula */
  readonly result: number
  /** names of the signals that it reads, in the order of a sample */
  readonly signals: readonly string[]
  readonly profile: Profile
  /** what t is: a number of steps, or seconds in dense time */
  readonly time: TimeDomain
}

/** Discrete time, in which a trace has steps, or dense time, in which signals are piecewise constant. */
export type TimeDomain = 'steps' | 'seconds'

/** @throws {StlError} OPTION for a program in the other kind of time */
export function assertTime({ time }: Program, wanted: TimeDomain): void {
  if (time === wanted) return
  const remedy =
    wanted === 'steps'
      ? 'is compiled for dense time. Compile it without time, or use denseRobustness() or DenseMonitor.'
      : "is compiled for steps. Compile it with { time: 'dense' }, or use robustness() or Monitor."
  throw new StlError('OPTION', `The program ${remedy}`)
}

/** Whether an operation looks ahead. */
export function looksAhead(op: OpCode): boolean {
  return (
    op === OP.advance ||
    op === OP.futureMaximum ||
    op === OP.futureMinimum ||
    op === OP.until ||
    op === OP.eventuallyWithin ||
    op === OP.denseUntil
  )
}

/** Whether an operation looks back. */
export function looksBack(op: OpCode): boolean {
  return op >= FIRST_TEMPORAL && !looksAhead(op)
}
