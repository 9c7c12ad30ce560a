import { decodeTrajectory } from '@vigil/proto'
import { afterEach, describe, expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import type { ActorSettings } from './memory-layout.ts'
import type { ActorPool } from './pool.ts'
import { createShardCheck, trajectoryExpectation } from './shard-check.ts'
import { loudPolicy, recurrentRun, smallRun, watchedRun } from './small-run.fixture.ts'

const RUNS: [string, ActorSettings][] = [
  ['iid episodes', smallRun('iid')],
  ['watched stream episodes', watchedRun('stream')],
  ['stream episodes of a recurrent team', recurrentRun('stream')],
]

const pools: ActorPool[] = []
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

async function poolOf(run: ActorSettings, actors = 1): Promise<ActorPool> {
  const pool = await createActorPool(run, actors)
  pools.push(pool)
  return pool
}

describe.each(RUNS)('a collection shard by shard, %s', (_, run) => {
  const { snapshot } = loudPolicy(run, 0)

  it('gives on another pool, from the states of the first, what the first collects at once', async () => {
    const [own, other] = [await poolOf(run), await poolOf(run, 2)]
    for (const pool of [own, other]) pool.publish(snapshot)
    await own.collect() // so that the states are not those of a beginning
    const from = own.openCollection()
    const states = Array.from({ length: run.shards }, (_, shard) => from.saveShard(shard))
    from.end()

    const collection = other.openCollection()
    const rollouts = await Promise.all(
      states.map((state, shard) => {
        collection.restoreShard(shard, state)
        return collection.rollOut(shard)
      }),
    )
    const expected = trajectoryExpectation(run)
    expect(rollouts.map(({ trajectory }) => decodeTrajectory(trajectory, expected))).toEqual(await own.collect())
    for (const [shard, { state }] of rollouts.entries()) collection.restoreShard(shard, state)
    collection.end()
    expect(other.saveShards()).toEqual(own.saveShards())
  })

  it('commits nothing: the same rollout comes again', async () => {
    const pool = await poolOf(run)
    pool.publish(snapshot)
    const collection = pool.openCollection()
    const [before, first] = [collection.saveShard(1), await collection.rollOut(1)]
    expect(await collection.rollOut(1)).toEqual(first)
    expect(collection.saveShard(1)).toEqual(before)
    collection.end()
  })

  it('keeps its policy whatever is published meanwhile, and lets no other collection begin', async () => {
    const pool = await poolOf(run)
    pool.publish(snapshot)
    const collection = pool.openCollection()
    const first = await collection.rollOut(0)
    pool.publish(loudPolicy(run, 1).snapshot)
    expect(await collection.rollOut(0)).toEqual(first)
    expect(() => pool.openCollection()).toThrow(/collection under way/)
    await expect(pool.collect()).rejects.toThrow(/collection under way/)
    collection.end()
    expect((await pool.collect())[0].policyVersion).toBe(1)
  })

  it('is checked without the memory: sizes are exact, and a damaged state is refused', async () => {
    const pool = await poolOf(run)
    pool.publish(snapshot)
    const collection = pool.openCollection()
    const { trajectory, state } = await collection.rollOut(0)
    collection.end()
    const check = createShardCheck(run)
    expect(state.length).toBe(check.stateBytes)
    expect(check.trajectoryBytesMax - trajectory.length).toBeGreaterThanOrEqual(0)
    expect(check.trajectoryBytesMax - trajectory.length).toBeLessThanOrEqual(256)
    expect(check.decode(trajectory).shard).toBe(0)
    expect(() => check.assertState(state)).not.toThrow()
    expect(() => check.assertState(state.subarray(1))).toThrow(expect.objectContaining({ code: 'LANE_STATE' }))
    // Every number of a lane that leads somewhere is out of range now.
    expect(() => check.assertState(new Uint8Array(state.length).fill(0xff))).toThrow(/The saved state of lane 0/)
  })
})
