import { BEST_ACTION_NAMES, bestConstant, expectedActionReward, meanReward, type RewardTable } from '@vigil/env-wasm'
import { signed } from './words.ts'

/** What decisions that need no inputs, and perfect ones, earn per event, in reward units. */
export type ConstantRewards = {
  readonly allow: number
  readonly block: number
  readonly alert: number
  /** The greatest of them. */
  readonly best: number
  readonly bestName: 'allow' | 'block' | 'alert'
  /** Of decisions that block every threat and allow every benign event. */
  readonly perfect: number
}

/** Rewards of constant actions and of perfect decisions where `threatRate` of the events are threats. */
export function constantRewards(threatRate: number, table: RewardTable): ConstantRewards {
  const right = { tp: threatRate, fp: 0, fn: 0, tn: 1 - threatRate, threatAlerts: 0, benignAlerts: 0 }
  const [allow, block, , alert] = [0, 1, 2, 3].map((action) => expectedActionReward(action, threatRate, table))
  const { action, reward: best } = bestConstant(threatRate, table)
  return { allow, block, alert, best, bestName: BEST_ACTION_NAMES[action], perfect: meanReward(right, table) }
}

/** The three constant actions in words: "always allow +0.02, always alert -1.09, always block -7.90". */
export function constantsInWords({ allow, alert, block }: ConstantRewards): string {
  return `always allow ${signed(allow)}, always alert ${signed(alert)}, always block ${signed(block)}`
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
