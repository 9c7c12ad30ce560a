import type { Trajectory } from '@vigil/proto'

/** Beyond this an agent does not learn more from a pilot's step than from its own. */
const RATIO_MAX = 2

/**
 * How much each step says to each agent, where a lane is played by one of them: min(2, pi_i(a) / pi_pilot(a)), 1 for the
 * pilot itself. Shared experience (Christianos et al., arXiv:2006.07169, eq. 5 and 6, its importance weight), with a cap
 * for its variance.
 *
 * @param trajectories with the log-probability that each agent's policy gives the pilot's action
 * @returns [N, A] in the order of a batch
 */
export function pilotRatios(trajectories: readonly Trajectory[]): Float32Array {
  const [{ stepCount, laneCount, agentCount }] = trajectories
  const ratios = new Float32Array(trajectories.length * stepCount * laneCount * agentCount)
  let at = 0
  for (const { shard, logProbs } of trajectories) {
    for (let first = 0; first < logProbs.length; first += agentCount) {
      const lane = shard * laneCount + ((first / agentCount) % laneCount)
      const pilot = logProbs[first + (lane % agentCount)]
      for (let agent = 0; agent < agentCount; agent++) {
        ratios[at++] = Math.min(RATIO_MAX, Math.exp(logProbs[first + agent] - pilot))
      }
    }
  }
  return ratios
}
