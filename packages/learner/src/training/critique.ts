import type { Config } from '../config/config.ts'
import { momentsOf } from '../return-normaliser.ts'
import type { Segment } from '../returns.ts'

/** How well the critics foresaw returns that they had not learnt from yet, and what can be foreseen. */
export type Critique = {
  /** Mean squared error over the variance of the returns: 1 = as good as predicting their mean; null without a critic. */
  readonly valueLoss: number | null
  /** 1 - Var(G - V) / Var(G), at most 1; null without a critic. */
  readonly explainedVariance: number | null
  /** The most that any critic could explain, see `critiqueOf`; null where the returns do not vary. */
  readonly explainableVarianceCeiling: number | null
  /** Var(G), squares of reward units. */
  readonly returnVariance: number
  /** Deviation of V over that of G; null without a critic. */
  readonly valueSpread: number | null
  /** Squared correlation of G with 1 - gamma^k, k steps being left until the return is cut. */
  readonly timeToGoShare: number | null
}

/** One trajectory with what came of it; [T, N] in reward units. */
export type Judged = Segment & {
  readonly returns: Float32Array
  /** empty without a critic */
  readonly values: Float32Array
  /** Variance of each reward that comes from sampling the action (./attribution). */
  readonly samplingVariance: Float32Array
}

/**
 * Compares returns with the values predicted before they were seen, and with what could be predicted at all: a value
 * V(s_t) knows neither the action that will be sampled at t nor what is drawn after t. So at least this is noise to it:
 *
 *   iid      E[v_t] + Var(G - r)              rows after t are drawn independently of what is seen at t
 *   stream   E[N_t],  N_t = v_t + (gamma lambda)^2 N_{t+1}   rows after t follow from where the stream stands, actions do not
 *
 * v_t being the variance of the reward by its own action's sampling, lambda 1 for Monte Carlo returns. The ceiling is 1 - noise / Var(G); with gamma on
 * independent rows it is at most about 1 - gamma^2. It is an upper bound: that inputs tell little of the label, and that
 * other agents sample too, lowers what can be explained further.
 */
export function critiqueOf(
  trajectories: readonly Judged[],
  { gamma, gaeLambda, returns: kind, episodes }: Pick<Config, 'gamma' | 'gaeLambda' | 'returns' | 'episodes'>,
): Critique {
  const joined = (part: (judged: Judged) => Float32Array) => concatenate(trajectories.map(part))
  const returns = joined(({ returns }) => returns)
  const returnVariance = varianceOf(returns)
  const nothing = { valueLoss: null, explainedVariance: null, valueSpread: null }
  if (returnVariance === 0) return { ...nothing, returnVariance, explainableVarianceCeiling: null, timeToGoShare: null }
  const lambda = kind === 'monte-carlo' ? 1 : gaeLambda
  const sampled = joined(({ samplingVariance }) => samplingVariance)
  const noise =
    episodes === 'iid'
      ? meanOf(sampled) + varianceOf(joined(({ returns, rewards }) => returns.map((value, i) => value - rewards[i])))
      : meanOf(joined((judged) => discounted(judged, judged.samplingVariance, (gamma * lambda) ** 2)))
  const seen = joined((judged) => discounted(judged, new Float32Array(judged.rewards.length).fill(1), gamma))
  const foreseeable = {
    returnVariance,
    explainableVarianceCeiling: Math.max(0, 1 - noise / returnVariance),
    timeToGoShare: correlation(returns, seen) ** 2,
  }
  const values = joined(({ values }) => values)
  if (values.length === 0) return { ...nothing, ...foreseeable }
  const { count, mean, m2 } = momentsOf(
    returns.map((value, i) => value - values[i]),
    null,
  )
  return {
    valueLoss: (m2 / count + mean * mean) / returnVariance,
    explainedVariance: 1 - m2 / count / returnVariance,
    valueSpread: Math.sqrt(varianceOf(values) / returnVariance),
    ...foreseeable,
  }
}

/** sum_k factor^k x_{t+k} up to where the return is cut: [T, N]. With x = 1 it grows with the steps that are left. */
function discounted(
  { stepCount, laneCount, agentCount, terminated, truncated }: Segment,
  x: Float32Array,
  factor: number,
): Float32Array {
  const columns = laneCount * agentCount
  const sums = Float32Array.from(x)
  for (let at = (stepCount - 1) * columns - 1; at >= 0; at--) {
    const flag = Math.floor(at / agentCount)
    if (terminated[flag] === 0 && truncated[flag] === 0) sums[at] += factor * sums[at + columns]
  }
  return sums
}

/** 0 where one of both does not vary. */
function correlation(a: Float32Array, b: Float32Array): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  const spread = Math.sqrt(varianceOf(a) * varianceOf(b))
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - meanA) * (b[i] - meanB)
  return spread === 0 ? 0 : sum / a.length / spread
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function meanOf(values: Float32Array): number {
  const { count, mean } = momentsOf(values, null)
  return count === 0 ? 0 : mean
}

function varianceOf(values: Float32Array): number {
  const { count, m2 } = momentsOf(values, null)
  return count === 0 ? 0 : m2 / count
}
