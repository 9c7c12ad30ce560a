/**
 * Smooth minima and maxima that err to a known side, taken in by parts.
 *
 *   over   max(x) <= tau log sum exp(x / tau)                        log-sum-exp
 *   under  max(x) >= sum x exp(x / tau) / sum exp(x / tau)           the Boltzmann mean
 *
 * and min(x) = -max(-x). For lower bounds these are the smooth minimum and maximum of Gilpin, Kurtz and Lin 2020, "A smooth
 * robustness measure of signal temporal logic for symbolic control", arXiv:2006.05239, eq. 7 and 8; tau = 1 / k. Both go to
 * the exact value as tau falls: over is at most tau log n above it.
 *
 * Both are functions of sums, so extremes of two disjoint sets of values make that of their union: log-sum-exps add up, and
 * two means are averaged by their weights. A part is [log-sum-exp] or [mean, log-sum-exp], in units of x.
 */
import * as tf from '@tensorflow/tfjs'

/** Which side of the exact value an approximation is on. */
export type Side = 'lower' | 'upper'

/**
 * What stands for infinity: a finite number, because infinity minus infinity has no gradient. It is so far from any sample
 * that a weight between the two is exactly 0 or 1 in single precision.
 */
export const INFINITE = 1e30

/** Sums over a set of values, tensors of one shape. */
export type Part = readonly tf.Tensor2D[]

/** A smooth minimum or maximum. */
export type SoftExtreme = {
  /** the part of one value */
  open(value: tf.Tensor2D): Part
  merge(one: Part, other: Part): Part
  close(part: Part): tf.Tensor2D
  /** the part of no value holds this number everywhere */
  readonly nothing: number
}

/**
 * The extreme with an error to one side.
 *
 * @param temperature tau > 0, in units of the values
 */
export function softExtreme(kind: 'minimum' | 'maximum', side: Side, temperature: number): SoftExtreme {
  const isMaximum = kind === 'maximum'
  const isOver = isMaximum === (side === 'upper')
  const signed = (value: tf.Tensor2D) => (isMaximum ? value : tf.neg(value))
  const logSum = logSumExp(temperature)
  return {
    open: (value) => (isOver ? [signed(value)] : [signed(value), signed(value)]),
    merge: (one, other) => {
      if (isOver) return [logSum(one[0], other[0])]
      const weight = tf.sigmoid(tf.div(tf.sub(other[1], one[1]), temperature))
      // Not one + weight (other - one): that loses a number beside INFINITE.
      const mean = tf.add<tf.Tensor2D>(tf.mul(one[0], tf.sub(1, weight)), tf.mul(other[0], weight))
      return [mean, logSum(one[1], other[1])]
    },
    close: ([value]) => signed(value),
    nothing: -INFINITE,
  }
}

/**
 * tau log(exp(a / tau) + exp(b / tau)) without overflow. Its gradient is stated, as that of max and abs would be wrong
 * where a = b, which 0/1 signals often are.
 */
function logSumExp(temperature: number): (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor2D {
  const operation = tf.customGrad((...inputs) => {
    const [a, b, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, (tensors: tf.Tensor[]) => void]
    const apart = tf.div(tf.sub(a, b), temperature)
    const rest = tf.softplus(tf.neg(tf.abs(apart)))
    save([tf.sigmoid(apart)])
    return {
      value: tf.add(tf.maximum(a, b), tf.mul(rest, temperature)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const toA = tf.mul(dy, saved[0])
        return [toA, tf.sub(dy, toA)]
      },
    }
  })
  return (a, b) => operation(a, b) as tf.Tensor2D
}
