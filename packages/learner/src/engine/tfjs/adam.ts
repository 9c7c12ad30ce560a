import * as tf from '@tensorflow/tfjs'

/** Parameters of one trunk with their moments, each [A, N]. */
export type TrunkState = {
  readonly parameters: tf.Tensor2D
  readonly firstMoment: tf.Tensor2D
  readonly secondMoment: tf.Tensor2D
}

const BETA_1 = 0.9
const BETA_2 = 0.999
const EPSILON = 1e-5

/**
 * Scales each agent's gradient to a global norm of at most `maxNorm` (arXiv:1211.5063, algorithm 1), so that one
 * agent's explosion does not scale another's step.
 *
 * @param gradient [A, N]
 * @param maxNorm > 0
 * @returns the gradient [A, N] and the norms before clipping [A]
 */
export function clipByAgentNorm(gradient: tf.Tensor2D, maxNorm: number): { gradient: tf.Tensor2D; norms: tf.Tensor1D } {
  const norms = tf.sqrt(tf.sum(tf.square(gradient), 1, true)) // [A, 1]
  const scale = tf.div(maxNorm, tf.maximum(norms, maxNorm))
  return { gradient: tf.mul(gradient, scale), norms: tf.squeeze(norms, [1]) }
}

/**
 * Adam (arXiv:1412.6980, algorithm 1, in the order of its section 2 that folds both bias corrections into the step):
 *
 *   m_t = beta_1 m_{t-1} + (1 - beta_1) g,  v_t = beta_2 v_{t-1} + (1 - beta_2) g^2
 *   theta_t = theta_{t-1} - alpha_t m_t / (sqrt(v_t) + epsilon_t)
 *   alpha_t = learningRate sqrt(1 - beta_2^t) / (1 - beta_1^t),  epsilon_t = epsilon sqrt(1 - beta_2^t)
 *
 * Differs: epsilon is 1e-5, as usual for PPO (arXiv:2005.12729), and it is scaled, so that the result is algorithm 1's.
 *
 * @param step t, the number of this step, from 1
 * @returns new tensors; the old state is the caller's to dispose
 */
export function adamStep(
  state: TrunkState,
  gradient: tf.Tensor2D,
  options: { readonly learningRate: number; readonly step: number },
): TrunkState {
  const correction = Math.sqrt(1 - BETA_2 ** options.step)
  const stepSize = (options.learningRate * correction) / (1 - BETA_1 ** options.step)
  const firstMoment = tf.add<tf.Tensor2D>(tf.mul(state.firstMoment, BETA_1), tf.mul(gradient, 1 - BETA_1))
  const secondMoment = tf.add<tf.Tensor2D>(tf.mul(state.secondMoment, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2))
  const direction = tf.div(firstMoment, tf.add(tf.sqrt(secondMoment), EPSILON * correction))
  return { parameters: tf.sub(state.parameters, tf.mul(direction, stepSize)), firstMoment, secondMoment }
}
