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
 * two means are averaged by their weights. A part is [log-sum-exp] or [mean, log-sum-exp], in units of tau.
 */
import { tf } from '@vigil/tfjs'

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
  const unit = isMaximum ? temperature : -temperature
  return {
    open: (value) => {
      const scaled: tf.Tensor2D = tf.mul(value, 1 / unit)
      return isOver ? [scaled] : [scaled, scaled]
    },
    merge: (one, other) => {
      if (isOver) return [logSum(one[0], other[0])]
      return [weightedMean([...one, ...other]), logSum(one[1], other[1])]
    },
    close: ([value]) => tf.mul(value, unit),
    nothing: -INFINITE / temperature,
  }
}

/** What tf.customGrad gives behind the inputs. */
type Save = (tensors: tf.Tensor[]) => void

/**
 * log(exp(a) + exp(b)) = max(a, b) - log(max(w, 1 - w)) with w = 1 / (1 + exp(b - a)), without overflow. Its gradient is stated:
 * that of max would be wrong where a = b, which 0/1 signals often are.
 */
function logSum(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const operation = tf.customGrad((...inputs) => {
    const [a, b, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, Save]
    const weight = tf.sigmoid(tf.sub(a, b))
    save([weight])
    const larger = tf.maximum(weight, tf.sub(1, weight))
    return {
      value: tf.sub(tf.maximum(a, b), tf.log(larger)),
      gradFunc: (dy: tf.Tensor, [weight]: tf.Tensor[]) => {
        const toA = tf.mul(dy, weight)
        return [toA, tf.sub(dy, toA)]
      },
    }
  })
  return operation(a, b) as tf.Tensor2D
}

/**
 * (1 - w) m + w n with w = 1 / (1 + exp(a - b)) for two parts [m, a] and [n, b]; stated with its gradient, which takes half the
 * operations of TF.js's own.
 */
function weightedMean(parts: tf.Tensor2D[]): tf.Tensor2D {
  const operation = tf.customGrad((...inputs) => {
    const [m, a, n, b, save] = inputs as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, Save]
    const weight = tf.sigmoid(tf.sub(b, a))
    const rest = tf.sub(1, weight)
    save([m, n, weight, rest])
    return {
      // Not m + w (n - m): that loses a number beside INFINITE.
      value: tf.add(tf.mul(m, rest), tf.mul(n, weight)),
      gradFunc: (dy: tf.Tensor, [m, n, weight, rest]: tf.Tensor[]) => {
        const toN = tf.mul(dy, weight)
        const toB = tf.mul(tf.mul(toN, rest), tf.sub(n, m))
        return [tf.mul(dy, rest), tf.neg(toB), toN, toB]
      },
    }
  })
  return operation(...parts) as tf.Tensor2D
}
