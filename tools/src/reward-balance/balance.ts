import {
  meanReward,
  type RestrictiveRange,
  type RewardTable,
  restrictiveRange,
  rightShareNeeded,
} from '@vigil/env-wasm'
import { ALWAYS_ALLOW, ALWAYS_BLOCK, outcomeShares, PERFECT, type Policy, rightOnShare } from './policy.ts'

/** What a reward table makes of a threat rate, in closed form. Rewards are per event. */
export type Balance = {
  /** Always allow, always block, right on a share, perfect; in this order. */
  readonly policies: readonly (Policy & { readonly expectedReward: number })[]
  /** The threat probabilities at which a restrictive action pays. */
  readonly restrictivePays: RestrictiveRange
  /** The best that can be done without looking at the events. */
  readonly withoutSignal: {
    /** Always a constant action; `either` when both are paid alike. */
    readonly optimum: 'always-allow' | 'always-block' | 'either'
    readonly expectedReward: number
  }
  /** Share of both classes on which decisions must be right to earn as much as that; null when no share earns more. */
  readonly rightShareNeeded: number | null
}

/**
 * Expected rewards of always allow, always block, right on `right` of both classes, and perfect decisions.
 *
 * Without a signal every event looks alike, so a policy is a share q of restrictive actions, paid
 * q E[block] + (1 - q) E[allow]. That is linear in q: a constant action is always an optimum.
 */
export function rewardBalance(input: {
  readonly threatRate: number
  readonly right: number
  readonly rewards: RewardTable
}): Balance {
  const { threatRate, rewards } = input
  const policies = [ALWAYS_ALLOW, ALWAYS_BLOCK, rightOnShare(input.right), PERFECT].map((policy) => ({
    ...policy,
    expectedReward: expectedReward(policy, threatRate, rewards),
  }))
  const [allow, block] = policies.map((policy) => policy.expectedReward)
  const best = Math.max(allow, block)
  return {
    policies,
    restrictivePays: restrictiveRange(rewards),
    withoutSignal: {
      optimum: isEqual(allow, block, rewards) ? 'either' : allow > block ? 'always-allow' : 'always-block',
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
