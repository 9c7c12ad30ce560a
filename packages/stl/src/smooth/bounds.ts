/** Smooth bounds of operations that look at one step. */
import * as tf from '@tensorflow/tfjs-core'
import { INFINITE, type Side, softExtreme } from './soft-extremes.ts'

/** A value between two tensors [T, E]; where nothing is approximated both are the same tensor. */
export type Bounds = { readonly lower: tf.Tensor2D; readonly upper: tf.Tensor2D }

/** A smooth bound of the extreme of some tensors. */
export function extremeOf(
  values: readonly tf.Tensor2D[],
  { kind, side, temperature }: { kind: 'minimum' | 'maximum'; side: Side; temperature: number },
): tf.Tensor2D {
  const extreme = softExtreme(kind, side, temperature)
  return extreme.close(values.map((value) => extreme.open(value)).reduce((one, other) => extreme.merge(one, other)))
}

/** |x| as max(x, -x). */
export function absolute({ lower, upper }: Bounds, side: Side, temperature: number): tf.Tensor2D {
  const values = side === 'lower' ? [lower, tf.neg(upper)] : [upper, tf.neg(lower)]
  return extremeOf(values as tf.Tensor2D[], { kind: 'maximum', side, temperature })
}

/** a b: its bounds are among the products of the operands' bounds. */
export function product(a: Bounds, b: Bounds, { side, temperature }: { side: Side; temperature: number }): tf.Tensor2D {
  const left = endsOf(a)
  const products = left.flatMap((x) => endsOf(b).map((y): tf.Tensor2D => tf.mul(x, y)))
  if (products.length === 1) return products[0]
  return extremeOf(products, { kind: side === 'lower' ? 'minimum' : 'maximum', side, temperature })
}

/** 1 / x, which is anything where x may be 0. */
export function reciprocal({ lower, upper }: Bounds): Bounds {
  if (lower === upper) {
    const inverse: tf.Tensor2D = tf.div(1, lower)
    return { lower: inverse, upper: inverse }
  }
  const keepsSign = tf.logicalOr(tf.greater(lower, 0), tf.less(upper, 0))
  // The branch that is not taken must not divide by 0 either: its gradient would be NaN.
  const inverse = (x: tf.Tensor2D) => tf.div(1, tf.where(keepsSign, x, tf.onesLike(x)))
  return {
    lower: tf.where(keepsSign, inverse(upper), tf.fill(upper.shape, -INFINITE)),
    upper: tf.where(keepsSign, inverse(lower), tf.fill(lower.shape, INFINITE)),
  }
}

/** sqrt(x) where x > 0, else 0 without a gradient. */
export function squareRoot(x: tf.Tensor2D): tf.Tensor2D {
  const isPositive = tf.greater(x, 0)
  const safe = tf.where(isPositive, x, tf.onesLike(x))
  return tf.where(isPositive, tf.sqrt(safe), tf.zerosLike(x))
}

/**
 * A bound of "1 where x > 0, else 0", and as well of "1 where x >= 0, else 0". Below, tanh(x / tau) where that is above 0;
 * else a multiple that falls with the temperature, so that a gradient leads upwards from there too.
 */
export function indicator(x: tf.Tensor2D, side: Side, temperature: number): tf.Tensor2D {
  const below = (y: tf.Tensor2D): tf.Tensor2D => {
    const slope = tf.tanh(tf.div(y, temperature))
    return tf.where(tf.greater(slope, 0), slope, tf.mul(slope, temperature / (1 + temperature)))
  }
  return side === 'lower' ? below(x) : tf.sub(1, below(tf.neg(x)))
}

function endsOf({ lower, upper }: Bounds): tf.Tensor2D[] {
  return lower === upper ? [lower] : [lower, upper]
}
