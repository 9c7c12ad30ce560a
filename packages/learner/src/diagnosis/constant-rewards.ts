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

/** (reward - best constant) / (perfect - best constant): 0 = a constant action does as well, 1 = perfect; 0 where nothing can be gained. */
export function attainedShare(rewardMean: number, { best, perfect }: ConstantRewards): number {
  return perfect > best ? (rewardMean - best) / (perfect - best) : 0
}
