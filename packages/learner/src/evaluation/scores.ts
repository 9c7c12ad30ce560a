import { meanReward, type RewardTable } from '@vigil/env-wasm'
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
