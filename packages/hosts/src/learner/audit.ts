/** Which shards the learner computes again, and what shows where a rollout differs. */
import type { ShardRollout } from '@vigil/actors'
import type { Trajectory } from '@vigil/proto'
import { randomStream, randomUnit } from '@vigil/random'

/**
 * Whether a shard of a collection is computed again: a function of counters, as all draws are, but under a key that no host
 * knows. Who could foresee the audits would lie beside them.
 *
 * @param share of the shards, in [0, 1]
 */
export function isAudited({ key, share }: Audit, round: number, shard: number): boolean {
  return randomUnit(randomStream(key, 'audit'), shard, round) < share
}

/** @param key u32, not told to anybody */
export type Audit = { readonly key: number; readonly share: number }

/** The first place where a trajectory is not what it must be, as a clause. */
export function differenceOf(answered: Trajectory, own: Trajectory): string | null {
  for (const [name, values] of Object.entries(own)) {
    const others = answered[name as keyof Trajectory]
    if (typeof values === 'number' || typeof others === 'number') continue
    const at = values.findIndex((value, i) => !Object.is(value, others[i]))
    if (at >= 0) return `${name}[${at}] is ${others[at]}, but must be ${values[at]}`
  }
  return null
}

/** A rollout with what it decodes to. */
export type CheckedRollout = ShardRollout & { readonly decoded: Trajectory }
