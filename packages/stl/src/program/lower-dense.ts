/**
 * What the operators over time mean in dense time, where signals are piecewise constant and windows closed.
 *
 * until and since follow RTAMT's dense-time monitors, so the left side must hold at the moment too at which the right side
 * does (with steps, RTAMT asks for it only before). Their intervals come off by the identities of Donze, Ferrere and Maler
 * 2013, "Efficient robust monitoring for STL":
 *
 *   p U[a,b] q = F[a,b] (p and q) and G[0,a] (p U q)
 *   p S[a,b] q = O[a,b] (p and q) and H[0,a] (p S q)
 */
import { errorAt, type Span, type StlError } from '../errors.ts'
import type { Formula } from '../language/formula.ts'
import type { ProgramBuilder } from './builder.ts'
import { OP, type OpCode } from './program.ts'
import { secondsOf } from './steps.ts'

type Node<Kind extends Formula['kind']> = Extract<Formula, { kind: Kind }>
/** An interval in seconds and the text that it belongs to. */
type Timed = { readonly from: number; readonly to: number; readonly span: Span }

/** always, eventually, historically and once. */
export function lowerDenseTemporal(
  builder: ProgramBuilder,
  { operator, interval, span }: Node<'temporal'>,
  a: number,
): number {
  const timed = { ...secondsOf(interval, builder.clock), span }
  const op = operator === 'always' || operator === 'eventually' ? OP.eventuallyWithin : OP.onceWithin
  const isMinimum = operator === 'always' || operator === 'historically'
  return isMinimum ? least(builder, op, { a, ...timed }) : most(builder, op, { a, ...timed })
}

/** until, since, release and unless. */
export function lowerDenseTemporalBinary(
  builder: ProgramBuilder,
  { operator, interval, span }: Node<'temporal-binary'>,
  { left, right }: { left: number; right: number },
): number {
  const timed = { ...secondsOf(interval, builder.clock), span }
  const not = (a: number) => builder.negate(a, span)
  switch (operator) {
    case 'until':
      return bounded(builder, OP.denseUntil, { left, right, ...timed })
    case 'since':
      return bounded(builder, OP.denseSince, { left, right, ...timed })
    case 'release':
      return not(bounded(builder, OP.denseUntil, { left: not(left), right: not(right), ...timed }))
    case 'unless': {
      const always = least(builder, OP.eventuallyWithin, { a: left, ...timed, from: 0 })
      const until = bounded(builder, OP.denseUntil, { left, right, ...timed })
      return builder.emit(OP.maximum, { a: always, b: until, span })
    }
  }
}

function bounded(
  builder: ProgramBuilder,
  op: OpCode,
  { left, right, from, to, span }: Timed & { left: number; right: number },
): number {
  // Behind a later beginning the right side may still come, so the end of the trace decides in `seen` alone.
  const endless = builder.emit(op, { a: left, b: right, width: from === 0 ? to : from, span })
  if (from === 0 && to === Number.POSITIVE_INFINITY) return endless
  const within = op === OP.denseUntil ? OP.eventuallyWithin : OP.onceWithin
  // The left side must hold there too. A window in which it has not begun is empty.
  const both = builder.emit(OP.minimum, { a: left, b: right, span })
  const seen = most(builder, within, { a: both, from, to, span })
  const held = from === 0 ? endless : least(builder, within, { a: endless, from: 0, to: from, span })
  return builder.emit(OP.minimum, { a: seen, b: held, span })
}

function most(builder: ProgramBuilder, op: OpCode, { a, from, to, span }: Timed & { a: number }): number {
  return builder.emit(op, { a, value: from, width: to, span })
}

function least(builder: ProgramBuilder, op: OpCode, { a, ...timed }: Timed & { a: number }): number {
  const { span } = timed
  return builder.negate(most(builder, op, { a: builder.negate(a, span), ...timed }), span)
}

/** The error for what only steps have: a neighbouring step, or a number of them. */
export function notDense({ clock: { text } }: ProgramBuilder, operator: string, span: Span): StlError {
  const message = `${operator} is about steps, and dense time has none. Use an interval in seconds, such as once[0,1], or discrete time.`
  return errorAt('NOT_DENSE', message, { text, span })
}
