import type { Outcomes } from '@vigil/env-wasm'

/** A decision maker reduced to how often it acts restrictively on either class; the same for every event of a class. */
export type Policy = {
  readonly name: PolicyName
  /** Share of the threats answered by a restrictive action, 0 to 1. */
  readonly recall: number
  /** Share of the benign events answered by a restrictive action, 0 to 1. */
  readonly falsePositiveRate: number
}

export type PolicyName = 'always-allow' | 'always-block' | 'right-on-share' | 'perfect'

export const ALWAYS_ALLOW: Policy = { name: 'always-allow', recall: 0, falsePositiveRate: 0 }
export const ALWAYS_BLOCK: Policy = { name: 'always-block', recall: 1, falsePositiveRate: 1 }
export const PERFECT: Policy = { name: 'perfect', recall: 1, falsePositiveRate: 0 }

/** The policy that decides `share` (0 to 1) of the threats and of the benign events rightly. */
export function rightOnShare(share: number): Policy {
  return { name: 'right-on-share', recall: share, falsePositiveRate: 1 - share }
}

/**
 * Shares of the outcomes of a policy; they add up to 1.
 *
 * @param threatRate share of threats among the events, 0 to 1
 */
export function outcomeShares(policy: Policy, threatRate: number): Outcomes {
  const benignRate = 1 - threatRate
  return {
    tp: threatRate * policy.recall,
    fn: threatRate * (1 - policy.recall),
    fp: benignRate * policy.falsePositiveRate,
    tn: benignRate * (1 - policy.falsePositiveRate),
  }
}
