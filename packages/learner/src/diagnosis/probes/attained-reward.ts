import { meanReward, type RewardTable } from '@vigil/env-wasm'
import { attainedShare, constantRewards } from '../constant-rewards.ts'
import { threatRateOf, threatsOf } from '../threat-rate.ts'
import type { ProbeScores } from './tree-probe.ts'

/** What a probe's decisions are worth. */
export type ProbeResult = {
  /** Reward per validation row: restrictive above the threshold that paid best on the training rows. */
  readonly rewardMean: number
  readonly f1: number
  /** Share of what perfect decisions earn above the best constant action, on the validation rows; null where they earn no more. */
  readonly attained: number | null
}

/** Labels of the rows that scores are for. */
type ProbeLabels = { readonly train: Uint8Array; readonly validation: Uint8Array }

/** Judges scores: a threshold from the training rows, the reward on the validation rows. */
export function attainedReward(scores: ProbeScores, labels: ProbeLabels, table: RewardTable): ProbeResult {
  const threshold = bestThreshold(scores.train, labels.train, table)
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 }
  for (const [i, score] of scores.validation.entries()) {
    if (score >= threshold) counts[labels.validation[i] === 1 ? 'tp' : 'fp']++
    else counts[labels.validation[i] === 1 ? 'fn' : 'tn']++
  }
  const rewardMean = meanReward(counts, table)
  const { tp, fp, fn } = counts
  return {
    rewardMean,
    f1: tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn),
    attained: attainedShare(rewardMean, constantRewards(threatRateOf(labels.validation), table)),
  }
}

/** The score from which on restrictive actions earn most on these rows; infinity where none earns more. */
function bestThreshold(scores: Float64Array, labels: Uint8Array, table: RewardTable): number {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b)
  const threats = threatsOf(labels)
  const counts = { tp: 0, fp: 0, fn: threats, tn: labels.length - threats }
  let best = { threshold: Number.POSITIVE_INFINITY, reward: meanReward(counts, table) }
  for (const [place, i] of order.entries()) {
    if (labels[i] === 1) {
      counts.tp++
      counts.fn--
    } else {
      counts.fp++
      counts.tn--
    }
    // Rows of one score are on one side.
    if (place + 1 < order.length && scores[order[place + 1]] === scores[i]) continue
    const reward = meanReward(counts, table)
    if (reward > best.reward) best = { threshold: scores[i], reward }
  }
  return best.threshold
}
