import type { ResponseSpec } from '@vigil/env-wasm'

/** A stream of which it is uncertain whether all its events are threats or all are benign. */
export type HeldState = {
  /** Probability of threats */
  readonly threatProbability: number
  /** Events from the present one to the end, both included */
  readonly eventsLeft: number
}

/**
 * Expected return of holding one action to the end of a stream: allow, block, quarantine, and one alert whose verdict is
 * awaited under allow. With p the threat probability, N the events left and n = min(N, delay + 1) those before a verdict:
 *
 *   allow       N ((1 - p) b - p (D + d))
 *   block      -N ((1 - p) w_b + p d)
 *   quarantine -C - (1 - p) (F + w N)
 *   alert      -c + (1 - p) N b - p (n (D + d) + C [N > n])
 *
 * Each of the four is the best of them somewhere. The analyst is one who is always right.
 *
 * @returns [4] by action, in reward units
 *
 * @example
 * heldReturns(DEFAULT_RESPONSE, { threatProbability: 0.05, eventsLeft: 290 }) // alert is best
 */
export function heldReturns(spec: ResponseSpec, { threatProbability, eventsLeft }: HeldState): number[] {
  const [hostile, benign] = [threatProbability, 1 - threatProbability]
  const loss = spec.damage + spec.dwell
  const awaited = Math.min(eventsLeft, spec.analystDelay + 1)
  const contained = eventsLeft > awaited ? spec.containment : 0
  return [
    eventsLeft * (benign * spec.allowedBenign - hostile * loss),
    -eventsLeft * (benign * spec.blockedBenign + hostile * spec.dwell),
    -spec.containment - benign * (spec.falseContainment + spec.cutOffBenign * eventsLeft),
    -spec.alertCost + benign * eventsLeft * spec.allowedBenign - hostile * (awaited * loss + contained),
  ]
}
