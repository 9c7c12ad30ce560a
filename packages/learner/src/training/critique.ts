import { momentsOf } from '../return-normaliser.ts'

/** How well the critic foresaw returns that it had not learnt from yet. Ratios of variances; null without a critic. */
export type Critique = {
  /** Mean squared error over the variance of the returns: 1 = as good as predicting their mean. */
  readonly valueLoss: number | null
  /** 1 - Var(G - V) / Var(G), at most 1. */
  readonly explainedVariance: number | null
  /** 1 - Var(G - r) / Var(G): all that a critic could explain of independent rows; null for streams. */
  readonly explainableVarianceCeiling: number | null
}

/**
 * Compares returns with the values predicted before they were seen. With independent rows G_t - r_t is noise to anybody at
 * time t, which makes the ceiling: about 1 - gamma^2. In a stream what follows can be foreseen in part, and there is none.
 *
 * @param batch returns, rewards and values, each [M] in reward units; values empty without a critic
 */
export function critiqueOf(batch: {
  readonly returns: Float32Array
  readonly rewards: Float32Array
  readonly values: Float32Array
  readonly episodes: 'iid' | 'stream'
}): Critique {
  const { returns, rewards, values, episodes } = batch
  const variance = varianceOf(returns)
  if (variance === 0) return { valueLoss: null, explainedVariance: null, explainableVarianceCeiling: null }
  const following = returns.map((value, i) => value - rewards[i])
  const ceiling = Math.max(0, 1 - varianceOf(following) / variance)
  const explainableVarianceCeiling = episodes === 'iid' ? ceiling : null
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
