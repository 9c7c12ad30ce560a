import { LAYER_NORM_EPSILON } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'

/** P is the width in memory. */
type LayerNormPass = {
  /** [G, R, P] gain standard + shift */
  readonly output: tf.Tensor
  /** [G, R, P] the sums with mean 0 and variance 1 */
  readonly standard: tf.Tensor
  /** d output [G, R, P] -> d sums [G, R, P] */
  readonly sumsGradient: (dOutput: tf.Tensor) => tf.Tensor
}

/**
 * Layer normalisation (arXiv:1607.06450, eq. 4), the means over the H units of a row:
 *
 *   standard = (z - mean(z)) / s,  s = sqrt(mean((z - mean(z))^2) + epsilon),  output = gain standard + shift
 *
 * and, with e = gain d output,
 *
 *   dz = (e - mean(e) - standard mean(e standard)) / s
 *
 * @param options.sums  z [G, R, P], 0 in padded units
 * @param options.gain  P values for each of the G agents, 0 in padded units
 * @param options.shift as gain
 * @param options.width H <= P: the units after it are padding, and their d sums is 0
 */
export function layerNorm(options: {
  readonly sums: tf.Tensor
  readonly gain: tf.Tensor
  readonly shift: tf.Tensor
  readonly width: number
}): LayerNormPass {
  const { sums, width } = options
  const [groupSize, , paddedWidth] = sums.shape
  const gain = tf.reshape(options.gain, [groupSize, 1, paddedWidth])
  const shift = tf.reshape(options.shift, [groupSize, 1, paddedWidth])
  const mean = (values: tf.Tensor) => tf.mul(tf.sum(values, 2, true), 1 / width)
  const isUnit = tf.tensor3d(
    Array.from({ length: paddedWidth }, (_, unit) => (unit < width ? 1 : 0)),
    [1, 1, paddedWidth],
  )
  const withoutPadding = (values: tf.Tensor) => (width === paddedWidth ? values : tf.mul(values, isUnit))

  const centred = withoutPadding(tf.sub(sums, mean(sums)))
  const inverse = tf.rsqrt(tf.add(mean(tf.square(centred)), LAYER_NORM_EPSILON))
  const standard = tf.mul(centred, inverse)
  return {
    output: tf.add(tf.mul(standard, gain), shift),
    standard,
    sumsGradient: (dOutput) => {
      const e = tf.mul(dOutput, gain)
      const along = tf.mul(standard, mean(tf.mul(e, standard)))
      return withoutPadding(tf.mul(tf.sub(tf.sub(e, mean(e)), along), inverse))
    },
  }
}
