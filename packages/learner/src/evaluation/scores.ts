import { countConfusion, deriveRates, prAuc } from '../run-files/classification.ts'
import type { PolicyScores } from '../run-files/evaluation.ts'

/** What each kind of decision pays. */
export type Rewards = {
  readonly truePositive: number
  readonly trueNegative: number
  readonly falsePositive: number
  readonly falseNegative: number
  readonly restrictiveCost: number
}

/**
 * Counts, shares and mean reward of some decisions.
 *
 * @param decided actions [n] 0..3, scores [n] threat scores for PR-AUC, labels [n]
 */
export function scoresOf(
  decided: { readonly actions: Uint8Array; readonly scores: Float32Array; readonly labels: Uint8Array },
  rewards: Rewards,
): PolicyScores {
  const counts = countConfusion(decided.actions, decided.labels)
  return {
    ...counts,
    ...deriveRates(counts),
    prAuc: prAuc(decided.scores, decided.labels),
    rewardMean: rewardOf(counts, rewards),
  }
}

/** Mean reward per event by the table alone. */
export function rewardOf(counts: { tp: number; tn: number; fp: number; fn: number }, rewards: Rewards): number {
  const { tp, tn, fp, fn } = counts
  const rows = tp + tn + fp + fn
  const sum =
    tp * (rewards.truePositive - rewards.restrictiveCost) +
    fp * (rewards.falsePositive - rewards.restrictiveCost) +
    tn * rewards.trueNegative +
    fn * rewards.falseNegative
  return rows === 0 ? 0 : sum / rows
}

/**
 * The threat probability above which a restrictive action pays:
 *
 *   p (TP - c) + (1 - p)(FP - c) > p FN + (1 - p) TN
 *
 * @returns in [0, 1]; 0 when a restrictive action always pays, 1 when it never does
 */
export function breakEvenProbability(rewards: Rewards): number {
  const gainOnThreat = rewards.truePositive - rewards.restrictiveCost - rewards.falseNegative
  const lossOnBenign = rewards.trueNegative - rewards.falsePositive + rewards.restrictiveCost
  if (lossOnBenign <= 0) return gainOnThreat >= 0 ? 0 : 1
  if (gainOnThreat <= 0) return 1
  return lossOnBenign / (lossOnBenign + gainOnThreat)
}
