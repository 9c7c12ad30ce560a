import { momentsOf } from '../return-normaliser.ts'

/** How well the critic foresaw returns that it had not learnt from yet. Ratios of variances; null without a critic. */
export type Critique = {
  /** Mean squared error over the variance of the returns: 1 = as good as predicting their mean. */
  readonly valueLoss: number | null
  /** 1 - Var(G - V) / Var(G), at most 1. */
  readonly explainedVariance: number | null
  /** 1 - Var(G - r) / Var(G): all that a critic could explain if what follows does not depend on what it sees. */
  readonly explainableVarianceCeiling: number | null
}

/**
 * Compares returns with the values predicted before they were seen. The ceiling is exact for independent rows, where
 * G_t - r_t is noise to anybody at time t; with discount gamma it comes to about 1 - gamma^2.
 *
 * @param batch returns, rewards and values, each [M] in reward units; values empty without a critic
 */
export function critiqueOf(batch: {
  readonly returns: Float32Array
  readonly rewards: Float32Array
  readonly values: Float32Array
}): Critique {
  const { returns, rewards, values } = batch
  const variance = varianceOf(returns)
  if (variance === 0) return { valueLoss: null, explainedVariance: null, explainableVarianceCeiling: null }
  const following = returns.map((value, i) => value - rewards[i])
  const explainableVarianceCeiling = Math.max(0, 1 - varianceOf(following) / variance)
  if (values.length === 0) return { valueLoss: null, explainedVariance: null, explainableVarianceCeiling }
  const errors = returns.map((value, i) => value - values[i])
  const { count, mean, m2 } = momentsOf(errors, null)
  return {
    valueLoss: (m2 / count + mean * mean) / variance,
    explainedVariance: 1 - m2 / count / variance,
    explainableVarianceCeiling,
  }
}

function varianceOf(values: Float32Array): number {
  const { count, m2 } = momentsOf(values, null)
  return count === 0 ? 0 : m2 / count
}
