/** Robustness with gradients. */

import { type Program, StlError } from '@vigil/stl'
import { assertTime, OP, type Operation } from '@vigil/stl/program'
import { tf } from '@vigil/tfjs'
import { absolute, type Bounds, extremeOf, indicator, product, reciprocal, squareRoot } from './bounds.ts'
import { assertSmooth, countedSignal, negationNormalForm, opposite } from './negation-normal-form.ts'
import { type Direction, shift, slide, slideBetween, slidingSum } from './sliding.ts'
import { INFINITE, type Side, softExtreme } from './soft-extremes.ts'

/** How smooth, and on what. */
export type SmoothSettings = {
  /**
   * tau > 0, in units of the predicates: the smooth minimum of n equal values is tau log n below them. The smooth value
   * goes to the exact one as it falls.
   */
  readonly temperature: number
  /** [E] steps of each lane, 1 to T; later rows are not looked at. Default: T of every lane */
  readonly lengths?: Int32Array
  /** signals that are 0 or 1, or the probability of 1: rate(signal) of one is its mean */
  readonly binarySignals?: ReadonlySet<string>
}

/** Temperatures between which weights and sums stay in the range of single precision. */
const TEMPERATURE_MIN = 1e-6
const TEMPERATURE_MAX = 1e6

/**
 * A differentiable lower bound of the robustness at every step, by the smooth minima and maxima of arXiv:2006.05239 (see
 * soft-extremes.ts): of a program of compileSmooth() it is above 0 only where the formula is true, up to the rounding of
 * single precision. Infinities are plus and minus 1e30.
 *
 * @param program of compileSmooth(); of compile() it bounds the robustness too, but that of rtamt's xor may mislead
 * @param signals [T, E] each, finite numbers below 1e15 in size; the caller's to dispose
 * @returns [T, E], the caller's to dispose. Divisions by 0 and roots below 0 are not looked for: robustness() does
 * @throws {StlError} OPTION, UNKNOWN_SIGNAL, TRACE_SHAPE, NOT_SMOOTH
 */
export function smoothRobustness(
  program: Program,
  signals: Readonly<Record<string, tf.Tensor2D>>,
  { temperature, lengths, binarySignals = new Set() }: SmoothSettings,
): tf.Tensor2D {
  assertTime(program, 'steps')
  assertTemperature(temperature)
  const [length, lanes] = shapeOf(program, signals)
  assertSmooth(program, binarySignals)
  return tf.tidy(() => {
    const inside = lengths === undefined ? null : insideOf(lengths, length, lanes)
    const evaluation = new Evaluation(program, { temperature, shape: [length, lanes], inside })
    const values: Bounds[] = []
    for (const [i, wanted] of negationNormalForm(program, binarySignals).entries()) {
      const operation = program.operations[i]
      const counted = countedSignal(program, operation, binarySignals)
      if (!wanted.lower && !wanted.upper) values.push(NOT_WANTED)
      else if (operation.op === OP.signal) values.push(exactly(signals[program.signals[operation.width]]))
      else if (counted >= 0) values.push(values[counted])
      else if (wanted.isExact) values.push(exactly(evaluation.of(operation, 'lower', values)))
      else {
        const side = (side: Side) => (wanted[side] ? evaluation.of(operation, side, values) : NOT_WANTED[side])
        values.push({ lower: side('lower'), upper: side('upper') })
      }
    }
    // TF.js refuses the gradient of a signal that has no part in the result, as where a delay is as long as the trace.
    const nothing = program.signals.map((name) => tf.mul<tf.Tensor2D>(signals[name], 0))
    return tf.addN([tf.clone(values[program.result].lower), ...nothing])
  })
}

/** Takes the place of what nobody reads. */
const NOT_WANTED = { lower: null, upper: null } as unknown as Bounds

class Evaluation {
  private readonly program: Program
  private readonly temperature: number
  private readonly shape: [number, number]
  private readonly inside: tf.Tensor2D | null

  constructor(
    program: Program,
    settings: { readonly temperature: number; readonly shape: [number, number]; readonly inside: tf.Tensor2D | null },
  ) {
    this.program = program
    this.temperature = settings.temperature
    this.shape = settings.shape
    this.inside = settings.inside
  }

  /** One side of an operation. */
  of(operation: Operation, side: Side, values: readonly Bounds[]): tf.Tensor2D {
    const { temperature } = this
    const a = values[operation.a]
    const b = values[operation.b]
    switch (operation.op) {
      case OP.constant:
        return tf.fill(this.shape, finite(operation.value))
      case OP.negate:
        return tf.neg(a[opposite(side)])
      case OP.absolute:
        return absolute(a, side, temperature)
      case OP.squareRoot:
        return squareRoot(a[side])
      case OP.exponential:
        return tf.exp(a[side])
      case OP.add:
        return tf.add(a[side], b[side])
      case OP.subtract:
      case OP.difference:
        return tf.sub(a[side], b[opposite(side)])
      case OP.distance:
        return absolute({ lower: tf.sub(a.lower, b.upper), upper: tf.sub(a.upper, b.lower) }, side, temperature)
      case OP.multiply:
        return product(a, b, { side, temperature })
      case OP.divide:
        return product(a, reciprocal(b), { side, temperature })
      case OP.power:
        return tf.pow(a.lower, b.lower)
      case OP.minimum:
        return extremeOf([a[side], b[side]], { kind: 'minimum', side, temperature })
      case OP.maximum:
        return extremeOf([a[side], b[side]], { kind: 'maximum', side, temperature })
      case OP.positive:
      case OP.nonNegative:
        return tf.sub(tf.mul(2, indicator(a[side], side, temperature)), 1)
      case OP.indicator:
        return indicator(a[side], side, temperature)
      default:
        return this.overTime(operation, side, { a: a[side], b: b?.[side] })
    }
  }

  private overTime(
    { op, width, value }: Operation,
    side: Side,
    { a, b }: { a: tf.Tensor2D; b: tf.Tensor2D },
  ): tf.Tensor2D {
    const kind = op === OP.pastMinimum || op === OP.futureMinimum ? 'minimum' : 'maximum'
    const isFuture = op === OP.futureMinimum || op === OP.futureMaximum || op === OP.until || op === OP.advance
    const direction: Direction = isFuture ? 'future' : 'past'
    const reach = width === 0 ? this.shape[0] : width
    const extreme = softExtreme(kind, side, this.temperature)
    const none = kind === 'minimum' ? INFINITE : -INFINITE
    switch (op) {
      case OP.delay:
        return shift(a, { distance: width, direction, fill: finite(value) })
      case OP.advance:
        return this.advance(a, width, finite(value))
      case OP.mean:
        return tf.div(slidingSum(a, width), this.stepsSeen(width))
      case OP.since:
      case OP.until: {
        const inner = softExtreme('minimum', side, this.temperature)
        const right = isFuture ? this.cut(b, none) : b
        return slideBetween({ left: a, right }, { inner, outer: extreme }, { width: reach, direction, none })
      }
      default: {
        const part = extreme.open(isFuture ? this.cut(a, none) : a)
        return extreme.close(slide(part, extreme, { width: reach, direction }))
      }
    }
  }

  /** `fill` behind the end of each lane. */
  private cut(x: tf.Tensor2D, fill: number | tf.Tensor2D): tf.Tensor2D {
    if (this.inside === null) return x
    const filled = typeof fill === 'number' ? tf.fill<tf.Rank.R2>(this.shape, fill) : tf.tile(fill, [this.shape[0], 1])
    return tf.where(this.inside, x, filled)
  }

  private advance(x: tf.Tensor2D, distance: number, value: number): tf.Tensor2D {
    const direction = 'future'
    if (this.program.profile.traceEnd === 'cut') return shift(this.cut(x, value), { distance, direction, fill: value })
    const [length, lanes] = this.shape
    const held = this.cut(x, this.lastOf(x))
    const last = tf.slice(held, [length - 1, 0], [1, lanes])
    const count = Math.min(distance, length)
    const moved = tf.tile(last, [count, 1])
    return count === length ? moved : tf.concat([tf.slice(held, [count, 0], [length - count, lanes]), moved], 0)
  }

  /** The last step of each lane, [1, E]. */
  private lastOf(x: tf.Tensor2D): tf.Tensor2D {
    const [length, lanes] = this.shape
    if (this.inside === null) return tf.slice(x, [length - 1, 0], [1, lanes])
    const next = shift(tf.cast(this.inside, 'float32'), { distance: 1, direction: 'future', fill: 0 })
    const isLast = tf.sub(tf.cast(this.inside, 'float32'), next)
    return tf.sum(tf.mul(x, isLast), 0, true)
  }

  private stepsSeen(width: number): tf.Tensor2D {
    const [length] = this.shape
    return tf.tensor2d(
      Float32Array.from({ length }, (_, step) => Math.min(step + 1, width)),
      [length, 1],
    )
  }
}

function exactly(value: tf.Tensor2D): Bounds {
  return { lower: value, upper: value }
}

function finite(value: number): number {
  return Math.min(INFINITE, Math.max(-INFINITE, value))
}

/** Whether a step is one of its lane, bool [T, E]; null where all are. */
function insideOf(lengths: Int32Array, length: number, lanes: number): tf.Tensor2D | null {
  if (lengths.length !== lanes || lengths.some((steps) => steps < 1 || steps > length)) {
    throw new StlError(
      'OPTION',
      `lengths must be ${lanes} numbers of steps from 1 to ${length}, received [${lengths}].`,
    )
  }
  if (lengths.every((steps) => steps === length)) return null
  const inside = Uint8Array.from({ length: length * lanes }, (_, i) =>
    Math.floor(i / lanes) < lengths[i % lanes] ? 1 : 0,
  )
  return tf.tensor2d(inside, [length, lanes], 'bool')
}

function shapeOf({ signals: names }: Program, signals: Readonly<Record<string, tf.Tensor2D>>): [number, number] {
  const missing = names.find((name) => !Object.hasOwn(signals, name))
  if (missing !== undefined) {
    const message = `The formula reads "${missing}", but the trace has only: ${Object.keys(signals).join(', ')}.`
    throw new StlError('UNKNOWN_SIGNAL', message)
  }
  const [first, ...others] = names.length > 0 ? names : Object.keys(signals)
  if (first === undefined || signals[first].size === 0) {
    throw new StlError('TRACE_EMPTY', 'A trace must have a step or more, and a lane or more, received one without.')
  }
  const { shape } = signals[first]
  const other = others.find((name) => String(signals[name].shape) !== String(shape))
  if (other !== undefined) {
    const message = `All signals must have one shape [T, E]: "${first}" has [${shape}], "${other}" [${signals[other].shape}].`
    throw new StlError('TRACE_SHAPE', message)
  }
  return shape
}

function assertTemperature(temperature: number): void {
  if (temperature >= TEMPERATURE_MIN && temperature <= TEMPERATURE_MAX) return
  const message = `temperature must be a number from ${TEMPERATURE_MIN} to ${TEMPERATURE_MAX}, received ${temperature}.`
  throw new StlError('OPTION', message)
}
