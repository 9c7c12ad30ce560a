import { actionRewards, meanReward, type RewardTable } from '@vigil/env-wasm'
import { countConfusion, deriveRates } from '@vigil/runs'
import { attainedShare, constantRewards } from '../constant-rewards.ts'
import { threatRateOf } from '../threat-rate.ts'
import type { ProbeScores } from './tree-probe.ts'

const ALLOW = 0
const BLOCK = 1
const ALERT = 3

/** What a probe's decisions are worth. */
export type ProbeResult = {
  /** Reward per validation row: block and alert above the two thresholds that paid best on the training rows. */
  readonly rewardMean: number
  readonly f1: number
  /** Share of what perfect decisions earn above the best constant action, on the validation rows; null where they earn no more. */
  readonly attained: number | null
}

/** Labels of the rows that scores are for. */
type ProbeLabels = { readonly train: Uint8Array; readonly validation: Uint8Array }

/** Judges scores: thresholds from the training rows, the reward on the validation rows. */
export function attainedReward(scores: ProbeScores, labels: ProbeLabels, table: RewardTable): ProbeResult {
  const { block, alert } = bestThresholds(scores.train, labels.train, table)
  const actions = Uint8Array.from(scores.validation, (score) =>
    score >= block ? BLOCK : score >= alert ? ALERT : ALLOW,
  )
  const counts = countConfusion(actions, labels.validation)
  const rewardMean = meanReward(counts, table)
  return {
    rewardMean,
    f1: deriveRates(counts).f1,
    attained: attainedShare(rewardMean, constantRewards(threatRateOf(labels.validation), table)),
  }
}

/** From which scores on to block and, below that, to alert. Infinity = nowhere; the second is never above the first. */
type Thresholds = { readonly block: number; readonly alert: number }

/**
 * The thresholds that earn most on these rows. With the rows in descending order of their scores, the first j are blocked, those
 * up to k alerted, and the rest allowed. What that earns is a sum of one term in j and one in k >= j, so the best j so far is
 * remembered while k goes down the rows.
 */
function bestThresholds(scores: Float64Array, labels: Uint8Array, table: RewardTable): Thresholds {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b)
  const rewards = actionRewards(table)
  const none = Number.POSITIVE_INFINITY
  let blockGain = 0 // of blocking the rows so far in place of alerting them
  let alertGain = 0 // of alerting the rows so far in place of allowing them
  let blocked = { threshold: none, gain: 0 }
  let best = { block: none, alert: none, gain: 0 }
  for (const [place, i] of order.entries()) {
    const paid = rewards[labels[i]]
    blockGain += paid[BLOCK] - paid[ALERT]
    alertGain += paid[ALERT] - paid[ALLOW]
    // Rows of one score are on one side.
    if (place + 1 < order.length && scores[order[place + 1]] === scores[i]) continue
    if (blockGain > blocked.gain) blocked = { threshold: scores[i], gain: blockGain }
    const gain = blocked.gain + alertGain
    if (gain > best.gain) best = { block: blocked.threshold, alert: scores[i], gain }
  }
  return best
}
