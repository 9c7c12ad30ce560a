import { decide } from '@vigil/consensus'
import { type EnvironmentSpec, outcomeRewards } from '@vigil/env-wasm'
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
   * [T, E, A] variance of the reward by the sampling of the agent's own action, the others' being what they are. Its class,
   * restrictive or permissive, pays a or b, so that with the mean m = sum_a pi(a) r(a)
   *
   *   Var = (a - m) (m - b)
   */
  readonly samplingVariance: Float32Array
}

/**
 * Sets the rewards, as the environment pays them (env-wasm/assembly/reward.ts), against what own actions earn.
 *
 * @param trajectory with rewards without a penalty
 */
export function attributionOf(trajectory: Trajectory, { environment, labels }: Payment): Attribution {
  const { rows, actions, rewards, expectedRewards, agentCount: A } = trajectory
  const pay = payoffs(environment)
  const teamClass = classesByVotes(environment)
  const isOwn = environment.attribution === 'own'
  const samplingVariance = new Float32Array(actions.length)
  let paidForOthers = 0
  for (const [event, row] of rows.entries()) {
    const byLabel = pay[labels[row]]
    const first = event * A
    let votes = 0
    for (let at = first; at < first + A; at++) votes += restrictive(actions[at])
    for (let at = first; at < first + A; at++) {
      const vote = restrictive(actions[at])
      const turned = votes + 1 - 2 * vote
      const own = byLabel[vote][votes]
      const played = isOwn ? own : byLabel[teamClass[votes]][votes]
      const other = isOwn ? byLabel[1 - vote][turned] : byLabel[teamClass[turned]][turned]
      const mean = expectedRewards[at]
      samplingVariance[at] = Math.max(0, (played - mean) * (mean - other))
      if (Math.abs(rewards[at] - own) > 1e-4 * Math.max(1, Math.abs(own))) paidForOthers++
    }
  }
  return { paidForOthers, samplingVariance }
}

/** [label][class of the decision paid for][restrictive votes 0..A] in reward units. */
function payoffs({ rewards, teamBonus, agentCount: A }: EnvironmentSpec): readonly (readonly Float64Array[])[] {
  const { tp, tn, fp, fn } = outcomeRewards(rewards)
  const table = [
    [tn, fp],
    [fn, tp],
  ]
  return table.map((byClass, label) =>
    byClass.map((reward) =>
      Float64Array.from({ length: A + 1 }, (_, votes) => {
        const agreed = votes === 0 || votes === A ? 1 : 0
        return reward + teamBonus * (agreed + (2 * (label === 1 ? votes : A - votes)) / A)
      }),
    ),
  )
}

/** [A + 1] class of the team's action, 1 = restrictive, by the number of restrictive votes. */
function classesByVotes({ rule, faults, fallbackAction, agentCount: A }: EnvironmentSpec): Uint8Array {
  return Uint8Array.from({ length: A + 1 }, (_, votes) => {
    const actions = Uint8Array.from({ length: A }, (_, agent) => (agent < votes ? 1 : 0))
    return restrictive(decide({ actions, rule, faults, fallbackAction: fallbackAction as 0 | 1 | 2 | 3 }).action)
  })
}

function restrictive(action: number): 0 | 1 {
  return action === 1 || action === 2 ? 1 : 0
}
