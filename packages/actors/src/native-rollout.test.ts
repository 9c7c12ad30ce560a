import { type Family, loadNativeKernels } from '@vigil/engine-native'
import { encodePolicySnapshot, type Trajectory } from '@vigil/proto'
import { describe, expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import type { ActorSettings } from './memory-layout.ts'
import { loudPolicy, recurrentRun, smallRun, watchedRun } from './small-run.fixture.ts'

const kernels = loadNativeKernels()
const families: readonly Family[] = typeof kernels === 'string' ? [] : kernels.families
const reason = typeof kernels === 'string' ? ` (skipped: ${kernels})` : ''

/** Two rollouts of every shard by each of some kernels, all from the first states; the second goes on where the first ended. */
async function collectTwice(
  run: ActorSettings,
  acting: readonly (Family | null)[],
  actors = 1,
): Promise<Trajectory[][]> {
  const pool = await createActorPool(run, actors)
  try {
    const begun = pool.saveShards()
    pool.publish(loudPolicy(run, 3).snapshot)
    const all: Trajectory[][] = []
    for (const family of acting) {
      pool.restoreShards(begun)
      pool.actBy(family)
      all.push([...(await pool.collect()), ...(await pool.collect())])
    }
    return all
  } finally {
    await pool.close()
  }
}

const RUNS = {
  'a feed-forward team': smallRun('stream'),
  'independent events, more lanes than a tile': smallRun('iid', { lanesPerShard: 70, stepsPerRollout: 3, shards: 1 }),
  'a team with specifications': watchedRun('stream'),
  'a team that remembers': recurrentRun('stream'),
  'a team without a critic': smallRun('iid', { network: { ...smallRun('iid').network, valueHidden: null } }),
} satisfies Record<string, ActorSettings>

describe.skipIf(families.length === 0)(`rollouts by native kernels${reason}`, () => {
  it.each(Object.entries(RUNS))('draw the numbers of policy.wasm, with each number of actors: %s', async (_, run) => {
    const [portable, native] = await collectTwice(run, [null, families[0]])
    for (const [index, { actions, rows, logProbs, values, nextValues, expectedRewards }] of native.entries()) {
      const expected = portable[index]
      expect(actions).toEqual(expected.actions)
      expect(rows).toEqual(expected.rows)
      expect(new Set(actions).size).toBe(4)
      for (const [own, other] of [
        [logProbs, expected.logProbs],
        [values, expected.values],
        [nextValues, expected.nextValues],
        [expectedRewards, expected.expectedRewards],
      ]) {
        expect(own.length).toBe(other.length)
        expect(own.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at])), 0)).toBeLessThan(2e-5)
      }
    }
    expect(await collectTwice(run, [families[0]], 3)).toEqual([native])
  })

  it.skipIf(!(families.includes('avx2') && families.includes('avx512')))(
    'are the same bytes with AVX2 and with AVX-512, and others without a fused multiply-add',
    async () => {
      for (const run of Object.values(RUNS)) {
        const [short, long, portable] = await collectTwice(run, ['avx2', 'avx512', 'portable-c'])
        expect(long).toEqual(short)
        expect(portable).not.toEqual(short)
      }
    },
  )

  it.each(families)('fail with a code where the policy gives no numbers: %s', async (family) => {
    const run = smallRun('iid')
    const pool = await createActorPool(run, 1)
    try {
      const broken = loudPolicy(run, 0).parameters.fill(3e38)
      const parametersPerAgent = broken.length / run.network.agentCount
      const datasetFingerprint = run.dataset.fingerprint
      const policy = { policyVersion: 0, datasetFingerprint, agentCount: run.network.agentCount, parametersPerAgent }
      pool.publish(encodePolicySnapshot({ ...policy, parameters: broken }))
      pool.actBy(family)
      await expect(pool.collect()).rejects.toMatchObject({ code: 'NON_FINITE_POLICY' })
    } finally {
      await pool.close()
    }
  })
})
