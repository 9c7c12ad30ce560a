import { type EnvironmentSpec, paidRewards } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'

/** What the environment pays by. */
export type Payment = {
  readonly environment: EnvironmentSpec
  /** [rows of the dataset] 1 = threat */
  readonly labels: Uint8Array
}

/** What the rewards of one trajectory were paid for. */
export type Attribution = {
  /** Agents' steps whose reward is not what the agent's own action earns. */
  readonly paidForOthers: number
  /**
   * [T, E, A] what the sampling of the agent's own action, the others' being what they are, adds to the variance of the
   * reward: (r - sum_a pi(a) r(a))^2, one sample whose expectation over that action is the variance. null where actions have
   * consequences: what another action would have brought is not known.
   */
  readonly samplingVariance: Float32Array | null
}

/**
 * Sets the rewards, as the environment pays them (env-wasm/assembly/reward.ts), against what own actions earn.
 *
 * @param trajectory with rewards without a penalty
 */
export function attributionOf(trajectory: Trajectory, { environment, labels }: Payment): Attribution {
  const { rows, actions, rewards, expectedRewards, agentCount: A } = trajectory
  // Where actions have consequences all agents are paid for the pilot's, which is their own.
  if (environment.response !== null) return { paidForOthers: 0, samplingVariance: null }
  const samplingVariance = new Float32Array(rewards.length)
  for (let at = 0; at < rewards.length; at++) samplingVariance[at] = (rewards[at] - expectedRewards[at]) ** 2
  const earned = earnedRewards(environment)
  let paidForOthers = 0
  for (let event = 0; event < rows.length; event++) {
    const first = event * A
    let votes = 0
    for (let at = first; at < first + A; at++) votes += actions[at] === 1 || actions[at] === 2 ? 1 : 0
    const row = 4 * (labels[rows[event]] * (A + 1) + votes)
    for (let at = first; at < first + A; at++) {
      const own = earned[row + actions[at]]
      if (Math.abs(rewards[at] - own) > 1e-4 * Math.max(1, Math.abs(own))) paidForOthers++
    }
  }
  return { paidForOthers, samplingVariance }
}

/** [2, A + 1, 4] by label, restrictive votes and own action: the table's reward, and the bonus for agreement and for the agents that are right. */
function earnedRewards(environment: EnvironmentSpec): Float64Array {
  const { teamBonus, agentCount: A } = environment
  const earned = paidRewards(environment).flatMap((paid, label) =>
    Array.from({ length: A + 1 }, (_, votes) => {
      const agreed = votes === 0 || votes === A ? 1 : 0
      const bonus = teamBonus * (agreed + (2 * (label === 1 ? votes : A - votes)) / A)
      return Array.from(paid, (reward) => reward + bonus)
    }).flat(),
  )
  return Float64Array.from(earned)
}
