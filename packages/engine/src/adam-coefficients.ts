/** beta_1, beta_2 and epsilon of Adam; epsilon is 1e-5, as usual for PPO (arXiv:2005.12729). */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-5 } as const

/**
 * Adam (arXiv:1412.6980, algorithm 1, in the order of its section 2 that folds both bias corrections into the step):
 *
 *   m_t = beta_1 m_{t-1} + (1 - beta_1) g,  v_t = beta_2 v_{t-1} + (1 - beta_2) g^2
 *   theta_t = theta_{t-1} - alpha_t m_t / (sqrt(v_t) + epsilon_t)
 *   alpha_t = learningRate sqrt(1 - beta_2^t) / (1 - beta_1^t),  epsilon_t = epsilon sqrt(1 - beta_2^t)
 *
 * Differs: epsilon is scaled too, so that the result is algorithm 1's.
 *
 * @param options.step t, the number of this step, from 1
 * @returns stepSize alpha_t and epsilon epsilon_t
 */
export function adamCoefficients(options: { readonly learningRate: number; readonly step: number }): {
  stepSize: number
  epsilon: number
} {
  const correction = Math.sqrt(1 - ADAM.beta2 ** options.step)
  return {
    stepSize: (options.learningRate * correction) / (1 - ADAM.beta1 ** options.step),
    epsilon: ADAM.epsilon * correction,
  }
}
