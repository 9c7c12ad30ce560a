import { ALERT, ALLOW, BLOCK, type Policy, QUARANTINE } from '../walk.ts'
import type { Statistic } from './score.ts'

/** Statistics above which an action is taken, the severest first; Infinity = never. */
export type Thresholds = { readonly alert: number; readonly block: number; readonly quarantine: number }

export const NEVER: Thresholds = {
  alert: Number.POSITIVE_INFINITY,
  block: Number.POSITIVE_INFINITY,
  quarantine: Number.POSITIVE_INFINITY,
}

/**
 * Alert < block < quarantine by a statistic. No alert is given that would be lost: while a ticket of the stream is
 * open, or no analyst of the site is free.
 *
 * @param calm events after an all-clear on which nothing but allow is done, that of the all-clear included
 */
export function ladder(statistic: Statistic, { alert, block, quarantine }: Thresholds, calm = 0): Policy {
  return (view) => {
    const value = statistic(view)
    if (view.sinceClear > 0 && view.sinceClear <= calm) return ALLOW
    if (value > quarantine) return QUARANTINE
    if (value > block) return BLOCK
    return value > alert && view.ticket === 0 && view.site?.isHeard !== false ? ALERT : ALLOW
  }
}

/**
 * At a site, a ladder for each situation of its analysts: an alert of the stream would not be heard, one analyst is free, more are.
 *
 * @param ladders  [2], or [3] where a site has more analysts than one, in this order
 * @param analysts tickets of a site, and events of quiet as of `ladder`
 */
export function ladderByAnalysts(
  statistic: Statistic,
  ladders: readonly Thresholds[],
  { tickets, calm }: { readonly tickets: number; readonly calm: number },
): Policy {
  // A statistic remembers, so it is asked once for each decision.
  let value = 0
  const policies = ladders.map((thresholds) => ladder(() => value, thresholds, calm))
  return (view) => {
    const { site, ticket } = view
    const free = ticket > 0 || site?.isHeard !== true ? 0 : Math.min(2, tickets - site.openTickets)
    value = statistic(view)
    return policies[free](view)
  }
}
