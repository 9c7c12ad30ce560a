import { meanReward, outcomeRewards, type RewardTable } from '@vigil/env-wasm'
import { momentsOf } from '../return-normaliser.ts'
import { countConfusion, deriveRates, prAuc } from '../run-files/classification.ts'
import type { PolicyScores } from '../run-files/evaluation.ts'

/**
 * Counts, shares and mean reward of some decisions.
 *
 * @param decided actions [n] 0..3, scores [n] threat scores for PR-AUC, labels [n]
 */
export function scoresOf(
  decided: { readonly actions: Uint8Array; readonly scores: Float32Array; readonly labels: Uint8Array },
  rewards: RewardTable,
): PolicyScores {
  const counts = countConfusion(decided.actions, decided.labels)
  return {
    ...counts,
    ...deriveRates(counts),
    prAuc: prAuc(decided.scores, decided.labels),
    rewardMean: meanReward(counts, rewards),
  }
}

/** How much more one decision maker earns than another on the same events, reward units per event. */
export type RewardDifference = {
  readonly mean: number
  /** Half the width of the 95 % interval of the mean, from the spread over the events. */
  readonly halfWidth: number
}

/**
 * The paired difference of two decision makers' rewards: most events are decided alike by both and cancel out, so it is
 * known far better than either mean.
 *
 * @param first, second actions [n] 0..3 on the same rows
 * @param labels        [n]
 */
export function rewardDifference(
  { first, second }: { readonly first: Uint8Array; readonly second: Uint8Array },
  labels: Uint8Array,
  table: RewardTable,
): RewardDifference {
  const { tp, tn, fp, fn } = outcomeRewards(table)
  const rewardOf = (action: number, label: number) => {
    const restrictive = action === 1 || action === 2
    return label === 1 ? (restrictive ? tp : fn) : restrictive ? fp : tn
  }
  const differences = Float32Array.from(labels, (label, i) => rewardOf(first[i], label) - rewardOf(second[i], label))
  const { count, mean, m2 } = momentsOf(differences, null)
  return { mean, halfWidth: count < 2 ? Number.POSITIVE_INFINITY : 1.96 * Math.sqrt(m2 / (count - 1) / count) }
}
