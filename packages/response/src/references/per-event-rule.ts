import type { ResponseSpec } from '@vigil/env-wasm'
import type { Streams } from '../streams.ts'
import { ALLOW, BLOCK, type Policy, QUARANTINE, type StreamView } from '../walk.ts'

/**
 * What pays best at once, by expectation under p = P(threat), as if nothing followed:
 *
 *   allow (1 - p) b - p m (D + d),   block -(1 - p) w_b - p m d,   quarantine -C - (1 - p) (F + w)
 *
 * Alert pays what allow pays, less its cost: at once it is never better.
 *
 * @param multiplier m, the mean damage multiplier of threats: that of an event may know its class
 */
export function perEventRule(
  spec: ResponseSpec,
  multiplier: number,
  probability: (view: StreamView) => number,
): Policy {
  return (view) => {
    const p = probability(view)
    const allow = (1 - p) * spec.allowedBenign - p * multiplier * (spec.damage + spec.dwell)
    const block = -(1 - p) * spec.blockedBenign - p * multiplier * spec.dwell
    const quarantine = -spec.containment - (1 - p) * (spec.falseContainment + spec.cutOffBenign)
    if (quarantine > allow && quarantine > block) return QUARANTINE
    return block > allow ? BLOCK : ALLOW
  }
}

/** Mean damage multiplier of the threats of some streams, 1 where there are none. */
export function meanMultiplier({ rows, labels, damage }: Streams): number {
  if (damage === null) return 1
  const threats = rows.filter((row) => labels[row] === 1)
  return threats.length === 0 ? 1 : threats.reduce((sum, row) => sum + damage[row], 0) / threats.length
}
