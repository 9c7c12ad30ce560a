import { actionBands, BEST_ACTION_NAMES, meanReward, type RewardTable, rightShareNeeded } from '@vigil/env-wasm'
import {
  ALWAYS_ALERT,
  ALWAYS_ALLOW,
  ALWAYS_BLOCK,
  outcomeShares,
  PERFECT,
  type Policy,
  type PolicyName,
  rightOnShare,
} from './policy.ts'

/** What a reward table makes of a threat rate, in closed form. Rewards are per event. */
export type Balance = {
  /** Always allow, always alert, always block, right on a share, perfect; in this order. */
  readonly policies: readonly (Policy & { readonly expectedReward: number })[]
  /** Between which threat probabilities each action is the best one, ascending; an action without a band nowhere is. */
  readonly bands: readonly {
    readonly action: 'allow' | 'alert' | 'block'
    readonly from: number
    readonly to: number
  }[]
  /** The best that can be done without looking at the events. */
  readonly withoutSignal: {
    /** The constant actions that earn most; several when they are paid alike. */
    readonly optima: readonly PolicyName[]
    readonly expectedReward: number
  }
  /** Share of both classes on which decisions must be right to earn as much as that; null when no share earns more. */
  readonly rightShareNeeded: number | null
}

/**
 * Expected rewards of the constant actions, of being right on `right` of both classes, and of perfect decisions.
 *
 * Without a signal every event looks alike, so a policy is a mix of the actions, paid the same mix of what they earn: a
 * constant action is always an optimum.
 */
export function rewardBalance(input: {
  readonly threatRate: number
  readonly right: number
  readonly rewards: RewardTable
}): Balance {
  const { threatRate, rewards } = input
  const expected = (policy: Policy) => ({ ...policy, expectedReward: expectedReward(policy, threatRate, rewards) })
  const constant = [ALWAYS_ALLOW, ALWAYS_ALERT, ALWAYS_BLOCK].map(expected)
  const best = Math.max(...constant.map((policy) => policy.expectedReward))
  return {
    policies: [...constant, ...[rightOnShare(input.right), PERFECT].map(expected)],
    bands: actionBands(rewards).map((band) => ({ ...band, action: BEST_ACTION_NAMES[band.action] })),
    withoutSignal: {
      optima: constant.filter((policy) => isEqual(policy.expectedReward, best, rewards)).map(({ name }) => name),
      expectedReward: best,
    },
    rightShareNeeded: rightShareNeeded(threatRate, rewards),
  }
}

/** Expected reward per event. */
export function expectedReward(policy: Policy, threatRate: number, rewards: RewardTable): number {
  return meanReward(outcomeShares(policy, threatRate), rewards)
}

/** Equal but for the rounding of f64. */
function isEqual(a: number, b: number, rewards: RewardTable): boolean {
  const scale = Math.max(...Object.values(rewards).map(Math.abs))
  return Math.abs(a - b) <= 1e-12 * scale
}
