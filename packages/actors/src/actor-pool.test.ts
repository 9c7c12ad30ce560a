import type { Trajectory } from '@vigil/proto'
import { describe, expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import { type ActorSettings, layOutMemory } from './memory-layout.ts'
import type { ActorPool } from './pool.ts'
import { loudPolicy, recurrentRun, smallRun, watchedRun } from './small-run.fixture.ts'

const RUNS: [string, ActorSettings][] = [
  ['iid episodes', smallRun('iid')],
  ['watched stream episodes', watchedRun('stream')],
  ['stream episodes of a recurrent team', recurrentRun('stream')],
]

/** Two rollouts under two policies. */
async function collectTwice(pool: ActorPool, run: ActorSettings): Promise<Trajectory[]> {
  pool.publish(loudPolicy(run, 0).snapshot)
  const trajectories = await pool.collect()
  pool.publish(loudPolicy(run, 1).snapshot)
  return [...trajectories, ...(await pool.collect())]
}

async function withPool<T>(run: ActorSettings, actors: number, use: (pool: ActorPool) => Promise<T>): Promise<T> {
  const pool = await createActorPool(run, actors)
  try {
    return await use(pool)
  } finally {
    await pool.close()
  }
}

describe.each(RUNS)('collect, %s', (_, run) => {
  it('gives the same trajectories with 1 and 4 actors', async () => {
    const one = await withPool(run, 1, (pool) => collectTwice(pool, run))
    const four = await withPool(run, 4, (pool) => collectTwice(pool, run))
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

  it('goes on from saved lane states as if it had not stopped', async () => {
    const whole = await withPool(run, 2, (pool) => collectTwice(pool, run))
    const saved = await withPool(run, 2, async (pool) => {
      pool.publish(loudPolicy(run, 0).snapshot)
      await pool.collect()
      return pool.saveShards()
    })
    const rest = await withPool(run, 1, async (pool) => {
      pool.restoreShards(saved)
      pool.publish(loudPolicy(run, 1).snapshot)
      return await pool.collect()
    })
    expect(rest).toEqual(whole.slice(3))
  })

  it('bootstraps at truncation and at the end of the rollout, never after termination', async () => {
    const [trajectory] = await withPool(run, 1, (pool) => collectTwice(pool, run))
    const { stepCount: T, laneCount: E } = trajectory
    const outputs = trajectory.agentCount * trajectory.valueOutputCount
    let cuts = 0
    for (let t = 0; t < T; t++) {
      for (let lane = 0; lane < E; lane++) {
        const event = t * E + lane
        const next = trajectory.nextValues.subarray(event * outputs, (event + 1) * outputs)
        if (trajectory.terminated[event]) {
          expect([...next]).toEqual(new Array(outputs).fill(0))
        } else if (trajectory.truncated[event] || t === T - 1) {
          cuts++
          for (const value of next) expect(value).not.toBe(0)
        } else {
          expect(next).toEqual(trajectory.values.subarray((event + E) * outputs, (event + E + 1) * outputs))
        }
      }
    }
    expect(cuts).toBeGreaterThan(E)
  })
})

describe.each(RUNS)('rows outside the memory, %s', (_, run) => {
  const outside: ActorSettings = { ...run, insideBytesMax: 0 }
  const work = async (pool: ActorPool) => ({
    collected: await collectTwice(pool, run),
    evaluated: await pool.evaluate('test'),
    inputs: [pool.dense, pool.categorical],
  })

  it('give the bits of rows inside, and leave it smaller', async () => {
    const expected = await withPool(run, 2, work)
    expect(await withPool(outside, 1, work)).toEqual(expected)
    expect(await withPool(outside, 3, work)).toEqual(expected)
    const { dense, categorical } = run.dataset
    expect(layOutMemory({ ...run, insideBytesMax: dense.byteLength + categorical.byteLength }).rowsOutside).toBe(false)
    const many = { ...run.dataset, dense: new Float32Array(100 * dense.length) }
    const bytes = (insideBytesMax: number) => layOutMemory({ ...run, dataset: many, insideBytesMax }).bytes
    expect(bytes(2 ** 30) - bytes(0)).toBeGreaterThan(0.9 * many.dense.byteLength)
  })

  it('are the very memory of a dataset that was loaded to be shared', async () => {
    const { dataset } = run
    const dense = new Float32Array(new SharedArrayBuffer(dataset.dense.byteLength))
    dense.set(dataset.dense)
    await withPool({ ...outside, dataset: { ...dataset, dense } }, 1, async (pool) => {
      expect(pool.dense.buffer).toBe(dense.buffer)
      expect(pool.categorical.buffer).toBeInstanceOf(SharedArrayBuffer)
    })
  })
})

describe.each(RUNS)('evaluate, %s', (_, run) => {
  it('gives every row the same decision with 1 and 3 actors', async () => {
    const evaluate = (actors: number) =>
      withPool(run, actors, async (pool) => {
        pool.publish(loudPolicy(run, 0).snapshot)
        return { validation: await pool.evaluate('validation'), test: await pool.evaluate('test') }
      })
    const one = await evaluate(1)
    expect(await evaluate(3)).toEqual(one)
    // One lane alone walks the rows one after another: no segment can disturb another there.
    const sequential = await createActorPool({ ...run, shards: 1, lanesPerShard: 1 }, 1)
    sequential.publish(loudPolicy(run, 0).snapshot)
    expect(await sequential.evaluate('test')).toEqual(one.test)
    await sequential.close()
    expect(one.test.actions.length).toBe(400)
    expect(new Set(one.test.actions).size).toBeGreaterThan(1)
    for (const score of one.test.scores) expect(score > 0 && score < 1).toBe(true)
  })
})

describe.each(RUNS)('work under way, %s', (_, run) => {
  it('keeps its weights when other policies are published meanwhile', async () => {
    const calm = await withPool(run, 2, async (pool) => {
      const first = await collectTwice(pool, run)
      return { first, evaluated: await pool.evaluate('test'), third: await pool.collect() }
    })
    const overlapped = await withPool(run, 2, async (pool) => {
      pool.publish(loudPolicy(run, 0).snapshot)
      const first = pool.collect()
      pool.publish(loudPolicy(run, 1).snapshot)
      // Three policies at once, and none of these tasks has begun: an overwritten one would act.
      const evaluated = pool.evaluate('test')
      for (const other of [2, 3, 4]) pool.publish(loudPolicy(run, other).snapshot)
      const begun = await first
      pool.publish(loudPolicy(run, 1).snapshot)
      const second = await pool.collect()
      return { first: [...begun, ...second], evaluated: await evaluated, third: await pool.collect() }
    })
    expect(overlapped).toEqual(calm)
    // The test would see nothing if all policies did the same.
    const other = await withPool(run, 1, async (pool) => {
      pool.publish(loudPolicy(run, 4).snapshot)
      return { trajectories: await pool.collect(), evaluated: await pool.evaluate('test') }
    })
    expect(other.trajectories[0].actions).not.toEqual(calm.first[0].actions)
    expect(other.evaluated.actions).not.toEqual(calm.evaluated.actions)
  })

  it('refuses what cannot go beside it, and lets the work end', async () => {
    await withPool(run, 1, async (pool) => {
      pool.publish(loudPolicy(run, 0).snapshot)
      const saved = pool.saveShards()
      const under = [pool.collect(), pool.evaluate('test')] as const
      await expect(pool.collect()).rejects.toMatchObject({ code: 'BUSY' })
      await expect(pool.evaluate('validation')).rejects.toMatchObject({ code: 'BUSY' })
      expect(() => pool.saveShards()).toThrow(/collection under way must end/)
      expect(() => pool.restoreShards(saved)).toThrow(/collection under way must end/)
      await Promise.all(under)
      pool.restoreShards(saved)
      expect(await pool.collect()).toEqual(await under[0])
    })
  })
})

describe('failures', () => {
  it('refuses to act before a policy is published', async () => {
    await withPool(smallRun('iid'), 1, async (pool) => {
      await expect(pool.collect()).rejects.toMatchObject({ code: 'NO_POLICY' })
    })
  })

  it('names a policy that has diverged', async () => {
    await withPool(smallRun('iid'), 1, async (pool) => {
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
    await withPool(smallRun('iid'), 1, async (pool) => {
      const run = smallRun('iid')
      const foreign = { ...run, dataset: { ...run.dataset, fingerprint: new Uint8Array(32).fill(9) } }
      expect(() => pool.publish(loudPolicy(foreign, 0).snapshot)).toThrow(/fingerprint/i)
    })
  })

  it('says when the data cannot fit into one memory', () => {
    const run = smallRun('iid')
    const huge = { ...run.dataset, labels: { byteLength: 2 ** 32, length: 2 ** 32 } as Uint8Array }
    expect(() => layOutMemory({ ...run, dataset: huge })).toThrow(/GiB/)
  })
})
