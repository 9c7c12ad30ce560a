import { outcomeRewards, type RewardTable } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'

/** What the environment pays by. */
export type Payment = {
  readonly rewards: RewardTable
  /** w in w (1 if all agents agree + 2 * share of agents that are right) */
  readonly teamBonus: number
  /** [rows of the dataset] 1 = threat */
  readonly labels: Uint8Array
}

/** [T, E, A] each, in reward units: what an agent's own action earned, and what one of the other class would have earned. */
export type OwnRewards = { readonly played: Float32Array; readonly other: Float32Array }

/**
 * What every agent would be paid if it were paid for its own action, the others' actions being what they are. The environment
 * pays this with attribution `own` (env-wasm/assembly/reward.ts).
 */
export function ownRewards(
  { rows, actions, agentCount: A }: Pick<Trajectory, 'rows' | 'actions' | 'agentCount'>,
  { rewards, teamBonus, labels }: Payment,
): OwnRewards {
  const outcomes = outcomeRewards(rewards)
  const played = new Float32Array(actions.length)
  const other = new Float32Array(actions.length)
  for (const [event, row] of rows.entries()) {
    const threat = labels[row] === 1
    const own = actions.subarray(event * A, (event + 1) * A)
    const votes = own.reduce((sum, action) => sum + restrictive(action), 0)
    const reward = (isRestrictive: number, allVotes: number) => {
      const byTable = threat ? (isRestrictive ? outcomes.tp : outcomes.fn) : isRestrictive ? outcomes.fp : outcomes.tn
      const agreed = allVotes === 0 || allVotes === A ? 1 : 0
      return byTable + teamBonus * (agreed + (2 * (threat ? allVotes : A - allVotes)) / A)
    }
    for (const [agent, action] of own.entries()) {
      const vote = restrictive(action)
      played[event * A + agent] = reward(vote, votes)
      other[event * A + agent] = reward(1 - vote, votes + 1 - 2 * vote)
    }
  }
  return { played, other }
}

/** Share of the agents' steps whose reward is not what the agent's own action earned. */
export function paidForOthers(trajectories: readonly Trajectory[], payment: Payment): number {
  let differing = 0
  let steps = 0
  for (const trajectory of trajectories) {
    const { played } = ownRewards(trajectory, payment)
    for (const [i, reward] of trajectory.rewards.entries()) {
      if (Math.abs(reward - played[i]) > 1e-4 * Math.max(1, Math.abs(reward))) differing++
    }
    steps += played.length
  }
  return differing / steps
}

/**
 * [T, E, A] variance of the reward that comes from sampling the agent's own action, the others' being what they are. A
 * restrictive and a permissive action pay a and b, so the reward has two values, and with mean m = sum_a pi(a) r(a)
 *
 *   Var = (a - m) (m - b)
 */
export function samplingVariance(trajectory: Trajectory, payment: Payment): Float32Array {
  const { played, other } = ownRewards(trajectory, payment)
  return trajectory.expectedRewards.map((mean, i) => Math.max(0, (played[i] - mean) * (mean - other[i])))
}

function restrictive(action: number): 0 | 1 {
  return action === 1 || action === 2 ? 1 : 0
}
