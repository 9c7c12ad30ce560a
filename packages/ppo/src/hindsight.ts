import type { Team } from '@vigil/actors'
import type { Trajectory } from '@vigil/proto'
import { blockGains } from '@vigil/response'
import type { Batch } from './batch.ts'
import type { PpoSettings } from './settings.ts'

const BLOCK = 1

/** What is known of block in hindsight, whatever was sampled. */
export type Hindsight = {
  /** @param advantages [T, N] of a trajectory; of steps that blocked they become what they would be without it. Changed */
  takeOff(trajectory: Pick<Trajectory, 'rows' | 'actions' | 'agentCount'>, advantages: Float32Array): void
  /** @returns [N, A, 4] what a batch gains from each agent's probability of block */
  directOf(batch: Pick<Batch, 'rows' | 'deviation'>, multipliers: readonly number[]): Float32Array
}

/**
 * Credit in hindsight (Sinclair et al., arXiv:2207.06272), for block. Where a blocked intruder goes on (`fail-soft`), block and allow
 * are followed by the same recording, so both returns are known when either was sampled:
 *
 *   Q_t(block) = Q_t(allow) + g_t,  g_t = what the event pays more when it is blocked
 *   sum_a grad pi(a) Q_t(a) = sum_a grad pi(a) Q'_t(a) + grad pi(block) g_t,  Q' = Q but Q'_t(block) = Q_t(allow)
 *
 * The first sum is what PPO estimates from sampled steps. The second term is exact: it needs no step that blocked, and says at
 * every event what blocking it would have brought.
 *
 * @returns null where credit is another
 */
export function hindsightOf(
  { credit, environment: { response } }: Pick<PpoSettings, 'credit' | 'environment'>,
  { dataset, network: { agentCount } }: Pick<Team, 'dataset' | 'network'>,
): Hindsight | null {
  if (credit !== 'hindsight' || response === null) return null
  const { train } = dataset.splits
  const { damage = null } = dataset.consequences ?? {}
  const own = blockGains({ ...train, labels: dataset.labels, ratios: null, hazard: 0, damage }, response)
  const gains = new Float32Array(dataset.rowCount)
  for (const [position, row] of train.rows.entries()) gains[row] = own[position]
  return {
    takeOff(trajectory, advantages) {
      for (const [at, action] of trajectory.actions.entries())
        if (action === BLOCK) advantages[at] -= gains[trajectory.rows[Math.floor(at / trajectory.agentCount)]]
    },
    directOf({ rows, deviation }, multipliers) {
      // In the unit of the batch's advantages, mixed with those of costs as they are.
      const scale = 1 / (deviation * (1 + multipliers.reduce((sum, multiplier) => sum + multiplier, 0)))
      const direct = new Float32Array(4 * agentCount * rows.length)
      for (let at = 0; 4 * at < direct.length; at++)
        direct[4 * at + BLOCK] = scale * gains[rows[Math.floor(at / agentCount)]]
      return direct
    },
  }
}
