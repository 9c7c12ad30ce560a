import type { Outcomes } from '@vigil/env-wasm'

/** A decision maker reduced to how often it acts in which way on either class; the same for every event of a class. */
export type Policy = {
  readonly name: PolicyName
  /** Share of the threats answered by a restrictive action, 0 to 1. */
  readonly recall: number
  /** Share of the threats answered by an alert; with recall at most 1, the rest is allowed. */
  readonly threatAlertRate: number
  /** Share of the benign events answered by a restrictive action, 0 to 1. */
  readonly falsePositiveRate: number
  /** Share of the benign events answered by an alert; with falsePositiveRate at most 1. */
  readonly benignAlertRate: number
}

export type PolicyName = 'always-allow' | 'always-alert' | 'always-block' | 'right-on-share' | 'perfect'

const NO_ALERTS = { threatAlertRate: 0, benignAlertRate: 0 }

export const ALWAYS_ALLOW: Policy = { name: 'always-allow', recall: 0, falsePositiveRate: 0, ...NO_ALERTS }
export const ALWAYS_BLOCK: Policy = { name: 'always-block', recall: 1, falsePositiveRate: 1, ...NO_ALERTS }
export const ALWAYS_ALERT: Policy = {
  name: 'always-alert',
  ...{ recall: 0, threatAlertRate: 1, falsePositiveRate: 0, benignAlertRate: 1 },
}
export const PERFECT: Policy = { name: 'perfect', recall: 1, falsePositiveRate: 0, ...NO_ALERTS }

/** The policy that decides `share` (0 to 1) of the threats and of the benign events rightly, without alerts. */
export function rightOnShare(share: number): Policy {
  return { name: 'right-on-share', recall: share, falsePositiveRate: 1 - share, ...NO_ALERTS }
}

/**
 * Shares of the outcomes of a policy; tp, fn, fp and tn add up to 1.
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
    threatAlerts: threatRate * policy.threatAlertRate,
    benignAlerts: benignRate * policy.benignAlertRate,
  }
}
