import { tf } from '@vigil/tfjs'
import { ADAM, adamCoefficients } from '../adam-coefficients.ts'

/** Parameters of one trunk of every agent with their moments, each [A, N]. */
export type TrunkState = {
  readonly parameters: tf.Tensor2D
  readonly firstMoment: tf.Tensor2D
  readonly secondMoment: tf.Tensor2D
}

/**
 * Scales each agent's gradient to a global norm of at most `maxNorm` (arXiv:1211.5063, algorithm 1), so that one
 * agent's explosion does not scale another's step.
 *
 * @param gradient [A, N]
 * @param maxNorm > 0
 * @returns the gradient [A, N], and [A] each the norms before clipping and the factors that it put on them
 */
export function clipByAgentNorm(
  gradient: tf.Tensor2D,
  maxNorm: number,
): { gradient: tf.Tensor2D; norms: tf.Tensor1D; scales: tf.Tensor1D } {
  const norms = tf.sqrt(tf.sum(tf.square(gradient), 1, true)) // [A, 1]
  // The quotient of equal numbers is not 1 on every GPU, and may be more.
  const scale = tf.minimum(1, tf.div(maxNorm, tf.maximum(norms, maxNorm)))
  return { gradient: tf.mul(gradient, scale), norms: tf.squeeze(norms, [1]), scales: tf.squeeze(scale, [1]) }
}

/**
 * One step of Adam with the coefficients of ../adam-coefficients.ts, where the formula stands.
 *
 * @param step t, the number of this step, from 1
 * @returns new tensors; the old state is the caller's to dispose
 */
export function adamStep(
  state: TrunkState,
  gradient: tf.Tensor2D,
  options: { readonly learningRate: number; readonly step: number },
): TrunkState {
  const { beta1, beta2 } = ADAM
  const { stepSize, epsilon } = adamCoefficients(options)
  const firstMoment = tf.add<tf.Tensor2D>(tf.mul(state.firstMoment, beta1), tf.mul(gradient, 1 - beta1))
  const secondMoment = tf.add<tf.Tensor2D>(tf.mul(state.secondMoment, beta2), tf.mul(tf.square(gradient), 1 - beta2))
  const direction = tf.div(firstMoment, tf.add(tf.sqrt(secondMoment), epsilon))
  return { parameters: tf.sub(state.parameters, tf.mul(direction, stepSize)), firstMoment, secondMoment }
}
