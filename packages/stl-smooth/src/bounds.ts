/** Smooth bounds of operations that look at one step. */
import { tf } from '@vigil/tfjs'
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
  if (a.lower === a.upper) return scaled(b, { factor: a.lower, side })
  if (b.lower === b.upper) return scaled(a, { factor: b.lower, side })
  const products = [a.lower, a.upper].flatMap((x) => [b.lower, b.upper].map((y): tf.Tensor2D => tf.mul(x, y)))
  return extremeOf(products, { kind: side === 'lower' ? 'minimum' : 'maximum', side, temperature })
}

function scaled(x: Bounds, { factor, side }: { factor: tf.Tensor2D; side: Side }): tf.Tensor2D {
  if (x.lower === x.upper) return tf.mul(x.lower, factor)
  const [rising, falling] = side === 'lower' ? [x.lower, x.upper] : [x.upper, x.lower]
  return tf.mul(factor, choose(tf.step(factor), rising, falling))
}

/** 1 / x, which is anything where x may be 0. */
export function reciprocal({ lower, upper }: Bounds): Bounds {
  if (lower === upper) {
    const inverse = tf.div<tf.Tensor2D>(1, lower)
    return { lower: inverse, upper: inverse }
  }
  const keepsSign: tf.Tensor2D = tf.add(tf.step(lower), tf.step(tf.neg(upper)))
  const inverse = (x: tf.Tensor2D, otherwise: number) => {
    // The divisor must not be 0 where the quotient is not used either: the gradient would be NaN.
    const quotient = tf.div<tf.Tensor2D>(1, choose(keepsSign, x, tf.onesLike(x)))
    return choose(keepsSign, quotient, tf.fill(x.shape, otherwise))
  }
  return { lower: inverse(upper, -INFINITE), upper: inverse(lower, INFINITE) }
}

/** sqrt(x) where x > 0, else 0 without a gradient. */
export function squareRoot(x: tf.Tensor2D): tf.Tensor2D {
  const isPositive: tf.Tensor2D = tf.step(x)
  return tf.mul(isPositive, tf.sqrt(choose(isPositive, x, tf.onesLike(x))))
}

/**
 * A bound of "1 where x > 0, else 0", and as well of "1 where x >= 0, else 0". Below, tanh(x / tau) where that is above 0;
 * else a multiple that falls with the temperature, so that a gradient leads upwards from there too.
 */
export function indicator(x: tf.Tensor2D, side: Side, temperature: number): tf.Tensor2D {
  const below = (y: tf.Tensor2D): tf.Tensor2D => {
    const slope: tf.Tensor2D = tf.tanh(tf.div(y, temperature))
    return choose(tf.step(slope), slope, tf.mul(slope, temperature / (1 + temperature)))
  }
  return side === 'lower' ? below(x) : tf.sub(1, below(tf.neg(x)))
}

/** `yes` where the mask is 1, `no` where it is 0. tf.where asks for a gradient of its condition, and comparisons have none. */
function choose(mask: tf.Tensor2D, yes: tf.Tensor2D, no: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.mul(mask, yes), tf.mul(tf.sub(1, mask), no))
}
