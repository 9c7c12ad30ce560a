import type { EpisodeMode } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import { describe, expect, it } from 'vitest'
import { type ActorPool, createActorPool } from './actor-pool.ts'
import { layOutMemory } from './memory-layout.ts'
import { loudPolicy, smallRun } from './small-run.ts'

const MODES: EpisodeMode[] = ['iid', 'stream']

/** Two rollouts under two policies; `disturb` is called while the first is under way. */
async function collectTwice(
  pool: ActorPool,
  mode: EpisodeMode,
  disturb: () => void = () => undefined,
): Promise<Trajectory[]> {
  pool.publish(loudPolicy(smallRun(mode), 0).snapshot)
  const first = pool.collect()
  disturb()
  const trajectories = await first
  pool.publish(loudPolicy(smallRun(mode), 1).snapshot)
  return [...trajectories, ...(await pool.collect())]
}

async function withPool<T>(mode: EpisodeMode, actors: number, use: (pool: ActorPool) => Promise<T>): Promise<T> {
  const pool = await createActorPool(smallRun(mode), actors)
  try {
    return await use(pool)
  } finally {
    await pool.close()
  }
}

describe.each(MODES)('collect, %s episodes', (mode) => {
  it('gives the same trajectories with 1 and 4 actors', async () => {
    const one = await withPool(mode, 1, (pool) => collectTwice(pool, mode))
    const four = await withPool(mode, 4, (pool) => collectTwice(pool, mode))
    expect(four).toEqual(one)
    expect(one.map(({ shard, policyVersion }) => [shard, policyVersion])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [0, 1],
      [1, 1],
      [2, 1],
    ])
  })

  it('gives the same trajectories when every worker dies under way', async () => {
    const calm = await withPool(mode, 2, (pool) => collectTwice(pool, mode))
    const stormy = await withPool(mode, 2, async (pool) => {
      const before = pool.threads().map((thread) => thread.threadId)
      const result = await collectTwice(pool, mode, () => {
        for (const thread of pool.threads()) void thread.terminate()
      })
      expect(pool.threads().map((thread) => thread.threadId)).not.toEqual(before)
      return result
    })
    expect(stormy).toEqual(calm)
  })

  it('goes on from saved lane states as if it had not stopped', async () => {
    const whole = await withPool(mode, 2, (pool) => collectTwice(pool, mode))
    const saved = await withPool(mode, 2, async (pool) => {
      pool.publish(loudPolicy(smallRun(mode), 0).snapshot)
      await pool.collect()
      return pool.saveShards()
    })
    const rest = await withPool(mode, 1, async (pool) => {
      pool.restoreShards(saved)
      pool.publish(loudPolicy(smallRun(mode), 1).snapshot)
      return await pool.collect()
    })
    expect(rest).toEqual(whole.slice(3))
  })

  it('bootstraps at truncation and at the end of the rollout, never after termination', async () => {
    const [trajectory] = await withPool(mode, 1, (pool) => collectTwice(pool, mode))
    const { stepCount: T, laneCount: E, agentCount: A } = trajectory
    let cuts = 0
    for (let t = 0; t < T; t++) {
      for (let lane = 0; lane < E; lane++) {
        const event = t * E + lane
        const next = trajectory.nextValues.subarray(event * A, (event + 1) * A)
        if (trajectory.terminated[event]) {
          expect([...next]).toEqual([0, 0, 0, 0])
        } else if (trajectory.truncated[event] || t === T - 1) {
          cuts++
          for (const value of next) expect(value).not.toBe(0)
        } else {
          expect(next).toEqual(trajectory.values.subarray((event + E) * A, (event + E + 1) * A))
        }
      }
    }
    expect(cuts).toBeGreaterThan(E)
  })
})

describe.each(MODES)('evaluate, %s episodes', (mode) => {
  it('gives every row the same decision with 1 and 3 actors', async () => {
    const evaluate = (actors: number) =>
      withPool(mode, actors, async (pool) => {
        pool.publish(loudPolicy(smallRun(mode), 0).snapshot)
        return { validation: await pool.evaluate('validation'), test: await pool.evaluate('test') }
      })
    const one = await evaluate(1)
    expect(await evaluate(3)).toEqual(one)
    // One lane alone walks the rows one after another: no segment can disturb another there.
    const sequential = await createActorPool(smallRun(mode, { shards: 1, lanesPerShard: 1 }), 1)
    sequential.publish(loudPolicy(smallRun(mode), 0).snapshot)
    expect(await sequential.evaluate('test')).toEqual(one.test)
    await sequential.close()
    expect(one.test.actions.length).toBe(400)
    expect(new Set(one.test.actions).size).toBeGreaterThan(1)
    for (const score of one.test.scores) expect(score > 0 && score < 1).toBe(true)
  })
})

describe('failures', () => {
  it('refuses to act before a policy is published', async () => {
    await withPool('iid', 1, async (pool) => {
      await expect(pool.collect()).rejects.toMatchObject({ code: 'NO_POLICY' })
    })
  })

  it('names a policy that has diverged', async () => {
    await withPool('iid', 1, async (pool) => {
      const run = smallRun('iid')
      const broken = loudPolicy(run, 0).parameters.fill(3e38)
      const { encodePolicySnapshot } = await import('@vigil/proto')
      pool.publish(
        encodePolicySnapshot({
          policyVersion: 0,
          datasetFingerprint: run.dataset.fingerprint,
          agentCount: 4,
          parametersPerAgent: broken.length / 4,
          parameters: broken,
        }),
      )
      await expect(pool.collect()).rejects.toMatchObject({ code: 'NON_FINITE_POLICY' })
    })
  })

  it('refuses a snapshot for another dataset', async () => {
    await withPool('iid', 1, async (pool) => {
      const run = smallRun('iid')
      const foreign = { ...run, dataset: { ...run.dataset, fingerprint: new Uint8Array(32).fill(9) } }
      expect(() => pool.publish(loudPolicy(foreign, 0).snapshot)).toThrow(/fingerprint/i)
    })
  })

  it('says when the data cannot fit into one memory', () => {
    const run = smallRun('iid')
    const huge = { ...run.dataset, dense: { byteLength: 2 ** 32, length: 2 ** 30 } as Float32Array }
    expect(() => layOutMemory({ ...run, dataset: huge })).toThrow(/GiB/)
  })
})
