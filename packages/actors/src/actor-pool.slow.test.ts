import { expect, it } from 'vitest'
import { type ActorPool, createActorPool } from './actor-pool.ts'
import { type ActorSettings, layOutMemory } from './memory-layout.ts'
import { loudPolicy, recurrentRun, smallRun, watchedRun } from './small-run.fixture.ts'

const RUNS: [string, ActorSettings][] = [
  ['iid episodes', smallRun('iid')],
  ['watched stream episodes', watchedRun('stream')],
  ['stream episodes of a recurrent team', recurrentRun('stream')],
]

/** Its steps cost more, so fewer of them last as long. */
function isRecurrent({ network }: ActorSettings): boolean {
  return network.lstmHidden.length > 0
}

/** Resolves as soon as a worker has begun to write the second rollout's lane states into the shared memory. */
async function lanesMove(pool: ActorPool, run: ActorSettings): Promise<void> {
  const { shards } = layOutMemory(run)
  // After one rollout area 1 is committed, so the next one works in area 0: the first word counts the lane's steps.
  const steps = shards.map(({ areas }) => new Uint32Array(pool.dense.buffer, areas[0].lanes, 1))
  const first = run.stepsPerRollout
  const underWay = () => steps.some(([count]) => count > first && count < 2 * first)
  const over = () => steps.every(([count]) => count === 2 * first) // too late to disturb; better than to wait for ever
  while (!underWay() && !over()) await new Promise((resolve) => setImmediate(resolve))
}

it.each(RUNS)(
  'collect, %s, gives the same trajectories when the workers die in the middle of their rollouts',
  async (_, run) => {
    const long = { ...run, shards: 2, lanesPerShard: 16, stepsPerRollout: isRecurrent(run) ? 1000 : 4000 }
    const rollouts = async (disturb: (pool: ActorPool) => Promise<void>) => {
      const pool = await createActorPool(long, 2)
      pool.publish(loudPolicy(long, 0).snapshot)
      const first = await pool.collect() // by now both workers are up
      const second = pool.collect()
      await disturb(pool)
      const result = [...first, ...(await second), ...(await pool.collect())]
      await pool.close()
      return result
    }
    const calm = await rollouts(async () => undefined)
    const stormy = await rollouts(async (pool) => {
      const threads = [...pool.threads()]
      await lanesMove(pool, long)
      for (const thread of threads) void thread.terminate()
    })
    expect(stormy).toEqual(calm)
  },
)
