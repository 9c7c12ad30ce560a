import { assertLength } from './errors.ts'
import { assertValuedSegment, type ValuedSegment } from './returns.ts'

/**
 * Generalised advantage estimation (arXiv:1506.02438, eq. 16).
 *
 *   delta_t = r_t + gamma (1 - terminated_t) V(s_{t+1}) - V(s_t)
 *   A_t     = delta_t + gamma lambda (1 - terminated_t)(1 - truncated_t) A_{t+1}
 *
 * Differs: the sum stops at episode ends; a truncated step still bootstraps, and so does the last step of the segment.
 *
 * @param rollout     arrays of shape [T, N] and [T, E]; nextValues is V before auto-reset
 * @param discounting gamma (per env step) and gaeLambda, each in [0, 1]
 * @param out         [T, N], overwritten, in reward units, not normalised
 * @throws {VigilError} SHAPE when an array does not hold the values that T, E and A say
 */
export function generalisedAdvantages(
  rollout: ValuedSegment,
  { gamma, gaeLambda }: { gamma: number; gaeLambda: number },
  out: Float32Array,
): void {
  const { stepCount, laneCount, agentCount, rewards, values, nextValues, terminated, truncated } = rollout
  const columns = assertValuedSegment(rollout)
  assertLength('out', out.length, stepCount * columns)

  for (let column = 0; column < columns; column++) {
    const lane = Math.floor(column / agentCount)
    let nextAdvantage = 0
    for (let t = stepCount - 1; t >= 0; t--) {
      const at = t * columns + column
      const flag = t * laneCount + lane
      const goesOn = 1 - terminated[flag]
      const delta = rewards[at] + gamma * goesOn * nextValues[at] - values[at]
      nextAdvantage = delta + gamma * gaeLambda * goesOn * (1 - truncated[flag]) * nextAdvantage
      out[at] = nextAdvantage
    }
  }
}
