import type { Trajectory } from '@vigil/proto'
import { describe, expect, it } from 'vitest'
import { assemble, PLAIN } from './assemble.fixture.ts'
import { critiqueOf } from './critique.ts'
import { createReturnNormaliser, type ReturnNormaliser } from './return-normaliser.ts'

const T = 3
const E = 2
const A = 2
const N = T * E * A

/** Shard s: rewards count upwards from 100 s; the critic says 1 in normalised units everywhere. */
function trajectory(shard: number, change: Partial<Trajectory> = {}): Trajectory {
  const floats = (f: (i: number) => number) => Float32Array.from({ length: N }, (_, i) => f(i))
  return {
    policyVersion: 0,
    shard,
    stepCount: T,
    laneCount: E,
    agentCount: A,
    contextSize: 1,
    stateSize: 0,
    valueOutputCount: 1,
    specificationCount: 0,
    datasetFingerprint: new Uint8Array(32),
    rows: Uint32Array.from({ length: T * E }, (_, i) => 10 * shard + i),
    context: Float32Array.from({ length: T * E }, (_, i) => shard + i / 10),
    actions: Uint8Array.from({ length: N }, (_, i) => i % 4),
    logProbs: floats((i) => -i),
    robustness: new Float32Array(0),
    values: floats(() => 1),
    nextValues: floats(() => 1),
    rewards: floats((i) => 100 * shard + i),
    expectedRewards: floats(() => 5),
    teamActions: new Uint8Array(T * E),
    terminated: new Uint8Array(T * E),
    truncated: new Uint8Array(T * E),
    recurrentState: new Float32Array(0),
    ...change,
  }
}

/** What the first trajectory says about the critic. */
function valueLossOf({ experiences: [experience], returns }: ReturnType<typeof assemble>) {
  const own = { ...experience, returns: returns[0], tableRewards: experience.rewards }
  return critiqueOf([{ ...own, samplingVariance: new Float32Array(N) }], CRITIQUE).valueLoss
}

const CRITIQUE = { ...PLAIN, gaeLambda: 1, episodes: 'iid', remembers: false } as const

const both = (normaliser: ReturnNormaliser) => ({ acting: normaliser, latest: normaliser })
const settings = PLAIN

describe('from trajectories to a batch', () => {
  it('joins the shards in their order', () => {
    const { batch } = assemble([trajectory(0), trajectory(1)], settings, both(createReturnNormaliser('running')))
    expect(batch.eventCount).toBe(12)
    expect([...batch.rows]).toEqual([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15])
    expect(batch.context[6]).toBe(1)
    expect([...batch.rewards.subarray(N - 1, N + 1)]).toEqual([11, 100])
  })

  it('normalises the targets by all returns seen so far, the batch included', () => {
    const first = assemble([trajectory(0)], settings, both(createReturnNormaliser('running')))
    expect(first.normaliser).toMatchObject({ count: 12, mean: 5.5 })
    const targets = first.batch.valueTargets
    expect(targets.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 5)
    expect(targets.reduce((sum, x) => sum + x * x, 0) / 12).toBeCloseTo(1, 5)
    const second = assemble([trajectory(1)], settings, both(first.normaliser))
    expect(second.normaliser).toMatchObject({ count: 24, mean: 55.5 })
    // The values were predicted under the statistics of before: 5.5 + 1 * 3.452.
    const deviation = Math.sqrt(143 / 12)
    const returns = Array.from({ length: 12 }, (_, i) => 100 + i)
    const mse = returns.reduce((sum, g) => sum + (g - 5.5 - deviation) ** 2, 0) / 12
    expect(valueLossOf(second)).toBeCloseTo(mse / (143 / 12), 2)
  })

  it('reads values in the units of the critic that gave them, where it is not the newest', () => {
    const acting = { kind: 'running', count: 2, mean: 10, m2: 8 } as const // deviation 2: V = 12
    const latest = { kind: 'running', count: 2, mean: -50, m2: 800 } as const
    const assembled = assemble([trajectory(0)], settings, { acting, latest })
    const mse = Array.from({ length: N }, (_, i) => (i - 12) ** 2).reduce((sum, x) => sum + x, 0) / N
    expect(valueLossOf(assembled)).toBeCloseTo(mse / (143 / 12), 4)
    expect(assembled.normaliser).toMatchObject({ count: 14, mean: expect.closeTo((2 * -50 + 12 * 5.5) / 14, 9) })
  })

  it('compares with the expected reward, or with the critic, and normalises over all agents', () => {
    const normaliser = createReturnNormaliser('none')
    const counterfactual = assemble([trajectory(0)], settings, both(normaliser)).batch.advantages
    const critic = assemble([trajectory(0)], { ...settings, baseline: 'critic' }, both(normaliser)).batch.advantages
    // r - 5 and r - 1 differ by a constant only, which normalisation takes out.
    for (let i = 0; i < N; i++) expect(counterfactual[i]).toBeCloseTo(critic[i], 5)
    expect(counterfactual.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 5)
    expect(counterfactual.reduce((sum, x) => sum + x * x, 0) / N).toBeCloseTo(1, 5)
  })

  it.each(['monte-carlo', 'gae', 'td-lambda'] as const)(
    'bootstraps %s returns with denormalised next values',
    (returns) => {
      const normaliser = { kind: 'running', count: 2, mean: 10, m2: 8 } as const // deviation 2: V = 12
      const one = trajectory(0, { truncated: new Uint8Array(T * E).fill(1) })
      const assembled = assemble([one], { ...settings, gamma: 0.5, returns }, both(normaliser))
      const g = Array.from({ length: N }, (_, i) => i + 6)
      const mse = g.reduce((sum, x) => sum + (x - 12) ** 2, 0) / N
      expect(valueLossOf(assembled)).toBeCloseTo(mse / (143 / 12), 4)
    },
  )

  it('keeps what a recurrent team remembered, and where it must forget', () => {
    const of = (shard: number) =>
      trajectory(shard, {
        terminated: Uint8Array.of(1, 0, 0, 0, 0, 1),
        truncated: Uint8Array.of(0, 0, 0, 1, 0, 0),
        stateSize: 2,
        recurrentState: Float32Array.from({ length: E * A * 2 }, (_, i) => 10 * shard + i),
      })
    const { batch } = assemble([of(0), of(1)], settings, both(createReturnNormaliser('running')))
    expect(batch.recurrence).toEqual({
      stepCount: T,
      lanesPerShard: E,
      // A step behind the ends; that of the last step shows in the next rollout's state.
      resets: Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1),
      recurrentState: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17),
    })
    const feedForward = assemble([trajectory(0)], settings, both(createReturnNormaliser('running')))
    expect(feedForward.batch.recurrence).toBeNull()
  })

  it('does without a critic', () => {
    const none = { values: new Float32Array(0), nextValues: new Float32Array(0) }
    const assembled = assemble([trajectory(0, none)], settings, both(createReturnNormaliser('running')))
    expect(valueLossOf(assembled)).toBeNull()
    expect([...assembled.batch.valueTargets]).toEqual(new Array(N).fill(0))
  })
})
