import { join } from './batch.ts'
import { varianceOf } from './return-normaliser.ts'
import type { Segment } from './returns.ts'
import type { PpoSettings } from './settings.ts'

/** How well the critics foresaw returns that they had not learnt from yet, and what can be foreseen. */
export type Critique = {
  /** Mean squared error over the variance of the returns: 1 = as good as predicting their mean; null without a critic. */
  readonly valueLoss: number | null
  /** 1 - Var(G - V) / Var(G), at most 1; null without a critic. */
  readonly explainedVariance: number | null
  /** The most that any critic could explain, see `critiqueOf`; null where the returns do not vary, or nobody knows. */
  readonly explainableVarianceCeiling: number | null
  /** Var(G), squares of reward units. */
  readonly returnVariance: number
  /** Deviation of V over that of G; null without a critic. */
  readonly valueSpread: number | null
  /** Squared correlation of G with the discounts that are left, sum_j (gamma lambda)^j over the steps until G is cut. */
  readonly timeToGoShare: number | null
}

/** One trajectory with what came of it; [T, N] in reward units. */
export type Judged = Segment & {
  readonly returns: Float32Array
  /** Empty without a critic. */
  readonly values: Float32Array
  /** As the environment paid them; `rewards` may have a penalty besides. */
  readonly tableRewards: Float32Array
  /** Variance of each table reward by the sampling of the action (./attribution); null where it is not known. */
  readonly samplingVariance: Float32Array | null
}

type CritiqueSettings = Pick<PpoSettings, 'gamma' | 'gaeLambda' | 'returns' | 'episodes'> & {
  /** Whether the critic may know more of the rewards to come than the present row tells. */
  readonly remembers: boolean
}

/**
 * Compares returns with the values predicted before they were seen, and with what could be predicted at all. The ceiling of
 * explained variance is 1 - E[noise] / Var(G), noise being what V(s_t) cannot know: which action will be sampled, and what
 * happens later that does not follow from what it sees. With v_t the variance of a reward by its own action's sampling,
 * sigma^2 that of an agent's rewards, and d = gamma lambda (lambda 1 for Monte Carlo returns):
 *
 *   iid                v_t + Var(G - r)                      rows to come are independent of the present one
 *   iid, remembers     v_t + sigma^2 sum_{k>=1} d^{2k}       the same, but time to go may be foreseen
 *   stream             v_t + sum_{k>=1} d^{2k} v_{t+k}       rows to come follow from where the stream stands
 *
 * Variances are within each agent, whose critic knows whose it is. A recurrent team remembers: it can count steps. With a discount on independent rows the first is about
 * 1 - gamma^2. It is a bound for somebody who knows labels and future rows. Only a critic that remembers can pass it, by
 * explaining its own words, where targets hold them (`gae`, `td-lambda`).
 */
export function critiqueOf(trajectories: readonly Judged[], settings: CritiqueSettings): Critique {
  const joined = (part: (judged: Judged) => Float32Array) => join(Float32Array, trajectories.map(part))
  const agents = trajectories[0].agentCount
  const returns = joined(({ returns }) => returns)
  const returnVariance = spreadOf(returns)
  const nothing = { valueLoss: null, explainedVariance: null, valueSpread: null }
  if (returnVariance === 0) return { ...nothing, returnVariance, explainableVarianceCeiling: null, timeToGoShare: null }
  const discount = settings.gamma * (settings.returns === 'monte-carlo' ? 1 : settings.gaeLambda)
  const ones = (judged: Judged) => new Float32Array(judged.rewards.length).fill(1)
  const noise = (variances: readonly Float32Array[]) => {
    const sampled = join(Float32Array, variances)
    if (settings.episodes === 'stream') {
      return meanOf(
        join(
          Float32Array,
          trajectories.map((judged, i) => discounted(judged, variances[i], discount ** 2)),
        ),
      )
    }
    if (settings.remembers) {
      const later = meanOf(joined((judged) => discounted(judged, ones(judged), discount ** 2))) - 1
      const perReward = withinAgents(
        joined(({ tableRewards }) => tableRewards),
        agents,
      )
      return meanOf(sampled) + perReward * later
    }
    const following = joined(({ returns, rewards }) => difference(returns, rewards))
    return meanOf(sampled) + withinAgents(following, agents)
  }
  const variances = trajectories.flatMap(({ samplingVariance }) => samplingVariance ?? [])
  const isKnown = variances.length === trajectories.length
  const foreseeable = {
    returnVariance,
    explainableVarianceCeiling: isKnown ? Math.max(0, 1 - noise(variances) / returnVariance) : null,
    timeToGoShare:
      correlation(
        returns,
        joined((judged) => discounted(judged, ones(judged), discount)),
      ) ** 2,
  }
  const values = joined(({ values }) => values)
  if (values.length === 0) return { ...nothing, ...foreseeable }
  const { mean, variance } = momentsInTwoPasses(difference(returns, values))
  return {
    valueLoss: (variance + mean * mean) / returnVariance,
    explainedVariance: 1 - variance / returnVariance,
    valueSpread: Math.sqrt(spreadOf(values) / returnVariance),
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
  for (let flag = (stepCount - 1) * laneCount - 1; flag >= 0; flag--) {
    if (terminated[flag] !== 0 || truncated[flag] !== 0) continue
    const first = flag * agentCount
    for (let at = first; at < first + agentCount; at++) sums[at] += factor * sums[at + columns]
  }
  return sums
}

/** Mean over the agents of each one's variance. @param values [any, A] */
function withinAgents(values: Float32Array, agentCount: number): number {
  let sum = 0
  for (let agent = 0; agent < agentCount; agent++) sum += spreadOf(values, agent, agentCount)
  return sum / agentCount
}

/** 0 where one of both does not vary. */
function correlation(a: Float32Array, b: Float32Array): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  const spread = Math.sqrt(spreadOf(a) * spreadOf(b))
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] - meanA) * (b[i] - meanB)
  return spread === 0 ? 0 : sum / a.length / spread
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const differences = new Float32Array(a.length)
  for (let i = 0; i < a.length; i++) differences[i] = a[i] - b[i]
  return differences
}

/** 0 of nothing. */
function meanOf(values: Float32Array): number {
  return momentsInTwoPasses(values).mean
}

/** 0 where the values, every `step`-th from `first` on, are equal up to rounding. */
function spreadOf(values: Float32Array, first = 0, step = 1): number {
  const { count, mean, variance } = momentsInTwoPasses(values, first, step)
  return varianceOf({ count, mean, m2: variance * count })
}

/** A fraction of the time of Welford's single pass (return-normaliser.ts). */
function momentsInTwoPasses(values: Float32Array, first = 0, step = 1) {
  const count = Math.ceil((values.length - first) / step)
  if (count === 0) return { count, mean: 0, variance: 0 }
  let sum = 0
  for (let i = first; i < values.length; i += step) sum += values[i]
  const mean = sum / count
  let squares = 0
  for (let i = first; i < values.length; i += step) squares += (values[i] - mean) ** 2
  return { count, mean, variance: squares / count }
}
