import type { ResponseSpec } from '@vigil/env-wasm'
import type { StreamView } from './walk.ts'

/** What the logarithms of counts are divided by. */
const COUNT_SCALE = 6
/** Largest log-odds that are shown, and what they are divided by. */
const LOG_ODDS_MAX = 14
const LOG_ODDS_SCALE = 4

/**
 * What a team sees of a stream beside its event, as showState in packages/env-wasm/assembly/response.ts; a property test holds
 * both together.
 *
 * @param out [4], or [6] where the belief is shown; overwritten
 */
export function showState(view: StreamView, { analystDelay }: ResponseSpec, out: Float32Array): void {
  out[0] = view.ticket > 0 ? 1 : 0
  out[1] = analystDelay === 0 ? 0 : view.ticket / analystDelay
  out[2] = Math.log1p(view.age) / COUNT_SCALE
  out[3] = Math.log1p(view.sinceClear) / COUNT_SCALE
  if (out.length === 4) return
  const logOdds = Math.log(view.belief / (1 - view.belief))
  out[4] = Math.max(-LOG_ODDS_MAX, Math.min(LOG_ODDS_MAX, logOdds)) / LOG_ODDS_SCALE
  out[5] = view.belief
}
