/** Smooth bounds once more, in double precision and straight from their definitions: slow, and for tests only. */
import type { Program } from '@vigil/stl'
import { OP, type Operation } from '@vigil/stl/program'

type Side = 'lower' | 'upper'
type Interval = { readonly lower: number; readonly upper: number }

/** What the oracle evaluates on: one lane. */
export type SmoothCase = {
  readonly program: Program
  readonly trace: Readonly<Record<string, readonly number[]>>
  readonly length: number
  readonly temperature: number
}

const INFINITE = 1e30
const finite = (x: number) => Math.max(-INFINITE, Math.min(INFINITE, x))

/** The lower bound at every step of a lane. */
export function naiveSmooth(given: SmoothCase): number[] {
  const known = new Map<string, Interval>()
  const { program, length } = given
  const at = (index: number, t: number): Interval => {
    const key = `${index} ${t}`
    const value = known.get(key) ?? evaluate(given, program.operations[index], { t, at })
    known.set(key, value)
    return value
  }
  return Array.from({ length }, (_, t) => at(program.result, t).lower)
}

type Place = { readonly t: number; readonly at: (index: number, t: number) => Interval }

function evaluate({ program, trace, length, temperature: tau }: SmoothCase, operation: Operation, { t, at }: Place) {
  const { op, a, b, width, value } = operation
  const both = (f: (side: Side, other: Side) => number) => ({ lower: f('lower', 'upper'), upper: f('upper', 'lower') })
  const same = (x: number) => ({ lower: x, upper: x })
  const x = () => at(a, t)
  const y = () => at(b, t)
  const steps = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  const back = (w: number) => steps(w === 0 ? 0 : Math.max(0, t - w + 1), t)
  const ahead = () => steps(t, width === 0 ? length - 1 : Math.min(length - 1, t + width - 1))
  const least = (values: number[], side: Side) =>
    -most(
      values.map((v) => -v),
      side === 'lower' ? 'upper' : 'lower',
    )
  const most = (values: number[], side: Side) => softMaximum(values, side, tau)
  const magnitude = (d: Interval) => ({
    lower: most([d.lower, -d.upper], 'lower'),
    upper: most([d.upper, -d.lower], 'upper'),
  })
  const minus = (p: Interval, q: Interval) => ({ lower: p.lower - q.upper, upper: p.upper - q.lower })
  const above = (v: number) => (v > 0 ? Math.tanh(v / tau) : (tau / (1 + tau)) * Math.tanh(v / tau))
  const counted = () => ({ lower: above(x().lower), upper: 1 - above(-x().upper) })
  const between = (window: number[], held: (s: number) => number[]) =>
    both((side) => {
      const terms = window.map((s) => least([at(b, s)[side], ...held(s).map((r) => at(a, r)[side])], side))
      return most(terms, side)
    })
  switch (op) {
    case OP.constant:
      return same(finite(value))
    case OP.signal:
      return same(trace[program.signals[width]][t])
    case OP.negate:
      return both((_, other) => -x()[other])
    case OP.absolute:
      return magnitude(x())
    case OP.add:
      return both((side) => x()[side] + y()[side])
    case OP.subtract:
    case OP.difference:
      return minus(x(), y())
    case OP.distance:
      return magnitude(minus(x(), y()))
    case OP.multiply:
      return multiply(x(), y(), { least, most })
    case OP.minimum:
      return both((side) => least([x()[side], y()[side]], side))
    case OP.maximum:
      return both((side) => most([x()[side], y()[side]], side))
    case OP.positive:
    case OP.nonNegative:
      return { lower: 2 * counted().lower - 1, upper: 2 * counted().upper - 1 }
    case OP.indicator:
      return counted()
    case OP.delay:
      return t < width ? same(finite(value)) : at(a, t - width)
    case OP.advance:
      if (t + width < length) return at(a, t + width)
      return program.profile.traceEnd === 'last' ? at(a, length - 1) : same(finite(value))
    case OP.pastMaximum:
      return both((side) =>
        most(
          back(width).map((s) => at(a, s)[side]),
          side,
        ),
      )
    case OP.pastMinimum:
      return both((side) =>
        least(
          back(width).map((s) => at(a, s)[side]),
          side,
        ),
      )
    case OP.futureMaximum:
      return both((side) =>
        most(
          ahead().map((s) => at(a, s)[side]),
          side,
        ),
      )
    case OP.futureMinimum:
      return both((side) =>
        least(
          ahead().map((s) => at(a, s)[side]),
          side,
        ),
      )
    case OP.since:
      return between(back(width), (s) => steps(s + 1, t))
    case OP.until:
      return between(ahead(), (s) => steps(t, s - 1))
    case OP.mean:
      return both((side) => back(width).reduce((sum, s) => sum + at(a, s)[side], 0) / back(width).length)
    default:
      throw new Error(`The oracle does not know operation ${op}.`)
  }
}

type Extreme = (values: number[], side: Side) => number

function multiply(x: Interval, y: Interval, { least, most }: { least: Extreme; most: Extreme }): Interval {
  const scale = (factor: number, { lower, upper }: Interval) =>
    factor >= 0 ? { lower: factor * lower, upper: factor * upper } : { lower: factor * upper, upper: factor * lower }
  if (x.lower === x.upper) return scale(x.lower, y)
  if (y.lower === y.upper) return scale(y.lower, x)
  const products = [x.lower * y.lower, x.lower * y.upper, x.upper * y.lower, x.upper * y.upper]
  return { lower: least(products, 'lower'), upper: most(products, 'upper') }
}

function softMaximum(values: number[], side: Side, tau: number): number {
  const largest = Math.max(...values)
  const weights = values.map((v) => Math.exp((v - largest) / tau))
  const total = weights.reduce((sum, w) => sum + w, 0)
  if (side === 'upper') return largest + tau * Math.log(total)
  return values.reduce((sum, v, i) => sum + v * (weights[i] / total), 0)
}
