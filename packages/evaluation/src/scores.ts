import { actionRewards, meanReward, type RewardTable } from '@vigil/env-wasm'
import { momentsOf } from '@vigil/ppo'
import { countConfusion, deriveRates, type PolicyScores, prAuc } from '@vigil/runs'

/**
 * Counts, shares and mean reward of some decisions.
 *
 * @param policy actions [n] 0..3, scores [n] threat scores for PR-AUC, labels [n], decided [n] 0 = fallback (of a vote)
 */
export function scoresOf(
  policy: {
    readonly actions: Uint8Array
    readonly scores: Float32Array
    readonly labels: Uint8Array
    readonly decided?: Uint8Array
  },
  rewards: RewardTable,
): PolicyScores {
  const { actions, scores, labels, decided = null } = policy
  const counts = countConfusion(actions, labels, decided)
  return {
    ...counts,
    ...deriveRates(counts),
    prAuc: prAuc(scores, labels),
    rewardMean: meanReward(counts, rewards),
  }
}

/** How much more one decision maker earns than another on the same events, reward units per event. */
export type RewardDifference = {
  readonly mean: number
  /** Half the width of the 95 % interval of the mean, from the spread over the streams. */
  readonly halfWidth: number
}

/**
 * The paired difference of two decision makers' rewards: most events are decided alike by both and cancel out, so it is
 * known far better than either mean. Events of one stream resemble each other, so the streams are the independent units:
 * the cluster-robust variance of a mean (Liang and Zeger 1986),
 *
 *   K / (K - 1) sum_k (sum_{i in k} (d_i - mean))^2 / n^2
 *
 * @param first, second actions [n] 0..3 on the same rows, in the split's order
 * @param split         labels [n], streamStarts [streams + 1]
 */
export function rewardDifference(
  { first, second }: { readonly first: Uint8Array; readonly second: Uint8Array },
  { labels, streamStarts }: { readonly labels: Uint8Array; readonly streamStarts: Uint32Array },
  table: RewardTable,
): RewardDifference {
  const rewards = actionRewards(table)
  const differences = Float32Array.from(labels, (label, i) => rewards[label][first[i]] - rewards[label][second[i]])
  const { count, mean } = momentsOf(differences, null)
  const streamCount = streamStarts.length - 1
  if (streamCount < 2) return { mean, halfWidth: Number.POSITIVE_INFINITY }
  let spread = 0
  for (let stream = 0; stream < streamCount; stream++) {
    let sum = 0
    for (let i = streamStarts[stream]; i < streamStarts[stream + 1]; i++) sum += differences[i] - mean
    spread += sum * sum
  }
  const variance = (streamCount / (streamCount - 1)) * (spread / (count * count))
  return { mean, halfWidth: 1.96 * Math.sqrt(variance) }
}
