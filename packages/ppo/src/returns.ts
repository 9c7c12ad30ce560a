import { assertLength, ppoError } from './errors.ts'

/**
 * Consecutive steps of some lanes. Arrays are time-major and row-major; what stands at step t is the outcome of the
 * actions at t. With N = E * A columns, [T, E, A] is the same memory as [T, N], and column n belongs to lane floor(n / A).
 *
 * After the last step the segment is cut: whatever follows is known only through V(s_T).
 */
export type Segment = {
  /** T, at least 1 */
  readonly stepCount: number
  /** E, at least 1 */
  readonly laneCount: number
  /** A, at least 1 */
  readonly agentCount: number
  /** [T, N] reward units */
  readonly rewards: Float32Array
  /** [T, E] 1 = the episode ended at this step: nothing follows */
  readonly terminated: Uint8Array
  /** [T, E] 1 = the episode was cut at this step: something follows that was not seen */
  readonly truncated: Uint8Array
}

/** A segment with a critic's opinion. */
export type ValuedSegment = Segment & {
  /** [T, N] V(s_t) in reward units, not normalised */
  readonly values: Float32Array
  /** [T, N] V(s_{t+1}) in reward units, of the state before any reset of the lane */
  readonly nextValues: Float32Array
}

/**
 * Monte Carlo returns (Sutton and Barto 2018, eq. 3.9).
 *
 *   G_t = r_t + gamma (1 - terminated_t) G_{t+1}
 *
 * Differs: at a truncated step and at the last step of the segment the tail G_{t+1} is V(s_{t+1}) where `bootstrap` is
 * given, and 0 where it is null ("from rewards alone").
 *
 * @param segment   arrays of shape [T, N] and [T, E]
 * @param gamma     discount per environment step, in [0, 1]
 * @param bootstrap [T, N] V(s_{t+1}) before any reset of the lane, reward units; or null
 * @param out       [T, N], overwritten, reward units
 * @throws {VigilError} SHAPE when an array does not hold the values that T, E and A say
 */
export function monteCarloReturns(
  segment: Segment,
  { gamma, bootstrap }: { gamma: number; bootstrap: Float32Array | null },
  out: Float32Array,
): void {
  const { stepCount, laneCount, agentCount, rewards, terminated, truncated } = segment
  const columns = assertSegment(segment)
  if (bootstrap) assertLength('bootstrap', bootstrap.length, stepCount * columns)
  assertLength('out', out.length, stepCount * columns)

  for (let column = 0; column < columns; column++) {
    const lane = Math.floor(column / agentCount)
    let nextReturn = 0
    for (let t = stepCount - 1; t >= 0; t--) {
      const at = t * columns + column
      const flag = t * laneCount + lane
      const cut = truncated[flag] === 1 || t === stepCount - 1
      const tail = cut ? (bootstrap?.[at] ?? 0) : nextReturn
      nextReturn = rewards[at] + gamma * (1 - terminated[flag]) * tail
      out[at] = nextReturn
    }
  }
}

/**
 * @returns N = E * A
 * @throws {VigilError} SHAPE when an axis is empty or an array of the segment does not have its length
 */
export function assertSegment({ stepCount, laneCount, agentCount, rewards, terminated, truncated }: Segment): number {
  for (const [field, value] of Object.entries({ stepCount, laneCount, agentCount })) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw ppoError('SHAPE', {
      field,
      requirement: 'must be a whole number, 1 or more',
      received: String(value),
      remedy: 'Collect at least one step of one lane with one agent',
    })
  }
  const columns = laneCount * agentCount
  assertLength('rewards', rewards.length, stepCount * columns)
  assertLength('terminated', terminated.length, stepCount * laneCount)
  assertLength('truncated', truncated.length, stepCount * laneCount)
  return columns
}

/** @throws {VigilError} like `assertSegment`, and for `values` and `nextValues` */
export function assertValuedSegment(segment: ValuedSegment): number {
  const columns = assertSegment(segment)
  assertLength('values', segment.values.length, segment.stepCount * columns)
  assertLength('nextValues', segment.nextValues.length, segment.stepCount * columns)
  return columns
}
