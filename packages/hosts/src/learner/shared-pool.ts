import { randomBytes, randomInt } from 'node:crypto'
import type { ActorPool } from '@vigil/actors'
import type { Broker } from '@vigil/broker'
import type { Family } from '@vigil/engine-native'
import { startThread } from './thread.ts'
import type { ExchangeSetup } from './thread-messages.ts'

/** How a learner shares its collections out. */
export type Sharing = {
  readonly broker: Broker
  /** Share of the shards that the learner computes too, to compare, in [0, 1]. */
  readonly audit: number
  /** Whether the learner's own actors take shards that hosts could compute. */
  readonly learnerCollects: boolean
  /** Hears of hosts that come, go, are refused or lie. */
  readonly note: (text: string) => void
  /** Names this training among others at the same broker. Default: random. */
  readonly run?: string
}

/** A pool whose collections hosts compute too. */
export type SharedPool = ActorPool & { readonly run: string }

/**
 * Shares the collections of a pool with the hosts that join at a broker. What it collects is the same to the bit, whoever computes
 * it; everything else is done by the pool, whose actors also collect. Closing it closes the pool.
 *
 * @param family whose kernels decide in rollouts, as the pool was told by `actBy`
 * @throws {VigilError} BROKER
 * @example
 * const shared = await sharePool(team.pool, null, { broker, audit: 0.02, learnerCollects: true, note: console.log })
 */
export async function sharePool(pool: ActorPool, family: Family | null, sharing: Sharing): Promise<SharedPool> {
  const { broker, audit, learnerCollects, note, run = randomBytes(6).toString('hex') } = sharing
  const { dense, categorical } = pool
  const setup: ExchangeSetup = {
    ...{ run, broker, family, learnerCollects },
    settings: { ...pool.settings, dataset: { ...pool.settings.dataset, dense, categorical } },
    audit: { key: randomInt(2 ** 32), share: audit },
    // One more than there are actors, so that none waits for its next shard.
    slots: pool.actors + 1,
  }
  const thread = await startThread(setup, note)
  let policy = new Uint8Array(0)
  let round = 0
  return {
    ...pool,
    run,
    publish(snapshot) {
      pool.publish(snapshot)
      policy = snapshot.slice()
    },
    async collect() {
      const collection = pool.openCollection()
      const { policyVersion } = collection
      try {
        const states = Array.from({ length: pool.settings.shards }, (_, shard) => collection.saveShard(shard))
        round++
        const rollouts = await thread.collect({ collection, round, policy, policyVersion, states })
        for (const [shard, { state }] of rollouts.entries()) collection.restoreShard(shard, state)
        return rollouts.map(({ trajectory }) => trajectory)
      } finally {
        collection.end()
      }
    },
    async close() {
      await thread.close()
      await pool.close()
    },
  }
}
