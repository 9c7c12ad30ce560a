import { meanReward, type RewardTable } from '@vigil/env-wasm'

/** What decisions that need no inputs, and perfect ones, earn per event, in reward units. */
export type ConstantRewards = {
  readonly allow: number
  readonly block: number
  /** The greater of both. */
  readonly best: number
  readonly bestName: 'allow' | 'block'
  readonly perfect: number
}

/** Rewards of always allow, always block and perfect decisions where `threatRate` of the events are threats. */
export function constantRewards(threatRate: number, table: RewardTable): ConstantRewards {
  const benign = 1 - threatRate
  const allow = meanReward({ tp: 0, fp: 0, fn: threatRate, tn: benign }, table)
  const block = meanReward({ tp: threatRate, fp: benign, fn: 0, tn: 0 }, table)
  const perfect = meanReward({ tp: threatRate, fp: 0, fn: 0, tn: benign }, table)
  return { allow, block, perfect, best: Math.max(allow, block), bestName: allow >= block ? 'allow' : 'block' }
}

/** Less than this of what can be gained over a constant action is nothing. Own choice. */
const USEFUL_SHARE_MIN = 0.05

/** A gain below this, of what the best decisions earn, is rounding. */
const GAIN_SLACK = 1e-9

/** (reward - best constant) / (perfect - best constant): 0 = a constant action does as well, 1 = perfect; null where nothing can be gained. */
export function attainedShare(rewardMean: number, { best, perfect }: ConstantRewards): number | null {
  return perfect - best > GAIN_SLACK * Math.abs(perfect) ? (rewardMean - best) / (perfect - best) : null
}

/** Whether decisions earn about as little as a constant action although there is more to be gained. */
export function isNoGain(rewardMean: number, constants: ConstantRewards): boolean {
  const share = attainedShare(rewardMean, constants)
  return share !== null && share < USEFUL_SHARE_MIN
}
