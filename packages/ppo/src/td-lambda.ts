import { assertLength } from './errors.ts'
import { assertSegment, type Segment } from './returns.ts'

/**
 * TD(lambda) returns with next-state values: the lambda-return in its recursive form (Sutton and Barto 2018, eq. 12.18,
 * with constant lambda and gamma_{t+1} = gamma (1 - terminated_t)).
 *
 *   G_t = r_t + gamma (1 - terminated_t) ((1 - lambda) V(s_{t+1}) + lambda G_{t+1})
 *
 * Differs: at a truncated step and at the last step of the segment G_{t+1} is V(s_{t+1}).
 * Where nextValues[t] = values[t + 1] inside episodes, this equals generalisedAdvantages + values.
 *
 * @param rollout     arrays of shape [T, N] and [T, E]; nextValues is V before auto-reset
 * @param discounting gamma (per env step) and tdLambda, each in [0, 1]
 * @param out         [T, N], overwritten, reward units
 * @throws {VigilError} SHAPE when an array does not hold the values that T, E and A say
 */
export function tdLambdaReturns(
  rollout: Segment & { readonly nextValues: Float32Array },
  { gamma, tdLambda }: { gamma: number; tdLambda: number },
  out: Float32Array,
): void {
  const { stepCount, laneCount, agentCount, rewards, nextValues, terminated, truncated } = rollout
  const columns = assertSegment(rollout)
  assertLength('nextValues', nextValues.length, stepCount * columns)
  assertLength('out', out.length, stepCount * columns)

  for (let column = 0; column < columns; column++) {
    const lane = Math.floor(column / agentCount)
    let nextReturn = 0
    for (let t = stepCount - 1; t >= 0; t--) {
      const at = t * columns + column
      const flag = t * laneCount + lane
      const cut = truncated[flag] === 1 || t === stepCount - 1
      const follows = cut ? nextValues[at] : nextReturn
      const mixed = (1 - tdLambda) * nextValues[at] + tdLambda * follows
      nextReturn = rewards[at] + gamma * (1 - terminated[flag]) * mixed
      out[at] = nextReturn
    }
  }
}
