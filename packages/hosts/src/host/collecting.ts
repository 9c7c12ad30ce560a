/** A host's pool with the collection that it is in: leases of one collection go side by side, those of the next one wait. */
import type { ActorPool, ShardCollection, ShardRollout } from '@vigil/actors'
import type { Lease } from '../wire/messages.ts'

/** Where a host computes. */
export type Collecting = {
  /**
   * The rollout of a leased shard; null where the lease is of a collection that is over, or the shard is being computed already.
   *
   * @throws {VigilError} LANE_STATE, RECURRENT_STATE, NON_FINITE_POLICY, SPECIFICATION_VALUE, SHARD_FAILED, and as decodePolicySnapshot
   */
  rollOut(lease: Lease, state: Uint8Array): Promise<ShardRollout | null>
  /** Waits until nothing is under way. */
  end(): Promise<void>
}

type Current = {
  readonly round: number
  readonly policy: string
  readonly collection: ShardCollection
  readonly underWay: Map<number, Promise<unknown>>
}

/** @param fetchPolicy brings an encoded PolicySnapshot */
export function createCollecting(pool: ActorPool, fetchPolicy: (lease: Lease) => Promise<Uint8Array>): Collecting {
  let current: Current | null = null
  let turn: Promise<unknown> = Promise.resolve()
  const isOf = ({ round, policy }: Lease, { round: own, policy: sha256 }: Current) =>
    round === own && policy.sha256 === sha256
  const end = async () => {
    if (current === null) return
    await Promise.allSettled(current.underWay.values())
    current.collection.end()
    current = null
  }
  const enter = async (lease: Lease): Promise<Current | null> => {
    if (current !== null && isOf(lease, current)) return current
    if (current !== null && lease.round < current.round) return null
    const snapshot = await fetchPolicy(lease)
    await end()
    pool.publish(snapshot)
    current = {
      round: lease.round,
      policy: lease.policy.sha256,
      collection: pool.openCollection(),
      underWay: new Map(),
    }
    return current
  }
  /** One after the other: whoever enters a new collection waits for what is under way in the old one. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }
  return {
    async rollOut(lease, state) {
      // Begun within the turn, so that nobody ends the collection between.
      const begun = await inTurn(async () => {
        const own = await enter(lease)
        const { shard } = lease
        if (own === null || own.underWay.has(shard)) return null
        own.collection.restoreShard(shard, state)
        const rollout = own.collection.rollOut(shard).finally(() => own.underWay.delete(shard))
        own.underWay.set(
          shard,
          rollout.catch(() => undefined),
        )
        return { rollout }
      })
      return (await begun?.rollout) ?? null
    },
    end: () => inTurn(end),
  }
}
