import { expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import { type ActorSettings, layOutMemory } from './memory-layout.ts'
import type { ActorPool } from './pool.ts'
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

it.each(RUNS)(
  'rows behind 4 GiB of inputs, %s, give the trajectories and decisions that they give in front',
  async (_, run) => {
    const { dataset } = run
    const [D, C] = [dataset.denseNames.length, dataset.categoricalColumns.length]
    // What is never touched takes no memory.
    const ahead = Math.ceil(2 ** 32 / (4 * D))
    const rowCount = ahead + dataset.rowCount
    const dense = new Float32Array(new SharedArrayBuffer(4 * rowCount * D))
    dense.set(dataset.dense, ahead * D)
    const categorical = new Uint16Array(new SharedArrayBuffer(2 * rowCount * C))
    categorical.set(dataset.categorical, ahead * C)
    const labels = new Uint8Array(rowCount)
    labels.set(dataset.labels, ahead)
    const behind = (split: (typeof dataset.splits)['train']) => ({
      ...split,
      rows: split.rows.map((row) => row + ahead),
    })
    const { train, validation, test } = dataset.splits
    const splits = { train: behind(train), validation: behind(validation), test: behind(test) }
    const far = { ...run, dataset: { ...dataset, rowCount, dense, categorical, labels, splits } }

    const work = async (settings: ActorSettings) => {
      const pool = await createActorPool(settings, 2)
      pool.publish(loudPolicy(run, 0).snapshot)
      const outcome = { trajectories: await pool.collect(), evaluated: await pool.evaluate('test') }
      await pool.close()
      return outcome
    }
    const { trajectories, evaluated } = await work(far)
    const expected = await work(run)
    expect(evaluated).toEqual(expected.evaluated)
    expect(trajectories.map((t) => ({ ...t, rows: t.rows.map((row) => row - ahead) }))).toEqual(expected.trajectories)
    expect(Math.min(...trajectories[0].rows)).toBeGreaterThanOrEqual(ahead)
  },
)
