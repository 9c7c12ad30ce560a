import type { ResponseSpec } from '@vigil/env-wasm'
import type { SiteView, StreamView } from './walk.ts'

/** What the logarithms of counts are divided by. */
const COUNT_SCALE = 6
/** Largest log-odds that are shown, and what they are divided by. */
const LOG_ODDS_MAX = 14
const LOG_ODDS_SCALE = 4

/**
 * What a team sees of a stream beside its event, as showState in packages/env-wasm/assembly/response.ts, and of a site as showSite; property tests hold
 * both together.
 *
 * @param out [4], or [6] where the belief is shown; in layout `site` [7] or [11]; overwritten
 */
export function showState(view: StreamView, spec: ResponseSpec, out: Float32Array): void {
  const { analystDelay } = spec
  out[0] = view.ticket > 0 ? 1 : 0
  out[1] = analystDelay === 0 ? 0 : view.ticket / analystDelay
  out[2] = Math.log1p(view.age) / COUNT_SCALE
  out[3] = Math.log1p(view.sinceClear) / COUNT_SCALE
  const hasBelief = out.length === 6 || out.length === 11
  if (hasBelief) {
    out[4] = shownLogOdds(view.belief)
    out[5] = view.belief
  }
  if (view.site !== undefined) showShared(view.site, spec, out.subarray(hasBelief ? 6 : 4))
}

/** @param out [3], or [5] where beliefs are shown */
function showShared(site: SiteView, { tickets, alertsPerShift, shift }: ResponseSpec, out: Float32Array): void {
  out[0] = site.openTickets / tickets
  out[1] = alertsPerShift === 0 ? 1 : Math.max(0, alertsPerShift - site.alerts) / alertsPerShift
  out[2] = shift === 0 ? 1 : site.shiftLeft / shift
  if (out.length > 3) out.set(site.elsewhere().map(shownLogOdds), 3)
}

function shownLogOdds(belief: number): number {
  return Math.max(-LOG_ODDS_MAX, Math.min(LOG_ODDS_MAX, Math.log(belief / (1 - belief)))) / LOG_ODDS_SCALE
}
