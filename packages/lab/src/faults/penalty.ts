import { type Iteration, isViolated } from '@vigil/ppo'

type Trajectory = Iteration['trajectories'][number]

/**
 * The earlier system's way with specifications, kept for comparison: while any is violated, every agent pays
 *
 *   r -= c (1 - min_s robustness_s)
 *
 * in the unit of whatever the least robust specification measures, at once, whoever caused it.
 *
 * @param coefficient c, >= 0
 * @returns [T, E, A] rewards with the penalty
 */
export function penalisedRewards(
  {
    rewards,
    robustness,
    specificationCount: S,
    agentCount: A,
  }: Pick<Trajectory, 'rewards' | 'robustness' | 'specificationCount' | 'agentCount'>,
  coefficient: number,
): Float32Array {
  return rewards.map((reward, i) => {
    const event = Math.floor(i / A)
    let least = Number.POSITIVE_INFINITY
    for (let s = 0; s < S; s++) least = Math.min(least, robustness[event * S + s])
    return isViolated(least) ? reward - coefficient * (1 - least) : reward
  })
}
