/** The faults of the system before: the portable engine against central differences of the faulty loss in float64. */
import { parameterLayout } from '@vigil/policy-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UpdateSettings } from './engine.ts'
import {
  agentGradients,
  type Case,
  casesOf,
  expectGradient,
  expectStats,
  FLOAT32_FLOOR,
  gradientOf,
  minibatchOf,
  NO_NORMS,
  TINY_SEGMENTS,
  TINY_SPECS,
  UNCLIPPED,
} from './gradient.fixture.ts'
import { ppoLossOracle } from './loss.oracle.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import { randomMinibatch, randomParameters, SETTINGS, SMALL_TEAM } from './team.fixture.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

describe('a fault of the system before', () => {
  /** Only the portable engine has them: its gradient is that of the faulty loss. */
  const expectFaultyGradient = async (example: Case) => {
    const { spec, settings } = example
    const minibatch = minibatchOf(example)
    const expected = agentGradients(spec, (agent, block) => ppoLossOracle({ spec, block, agent, minibatch, settings }))
    const received = await gradientOf(await createPortableEngine({ spec, threads: 1 }), spec, settings, minibatch)
    const floor = FLOAT32_FLOOR + (4 * Number.EPSILON * Math.abs(expected.means.policyLoss)) / 1e-5
    expectGradient(spec, received.gradient, expected.gradient, floor)
    expectStats({ ...received.stats, ...NO_NORMS }, { ...expected.means, ...NO_NORMS })
    return received.stats
  }
  const cases = casesOf(TINY_SPECS, TINY_SEGMENTS)

  it('compares every log-probability with every old one of the agent (ratio-matrix)', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (example) => {
        await expectFaultyGradient({ ...example, settings: { ...example.settings, defects: ['ratio-matrix'] } })
      }),
      { numRuns: 12, seed: 3 },
    )
  })

  it('drops hidden units, by masks that hold for the forward and the backward pass (replay-mismatch)', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom(0.1, 0.5), fc.nat({ max: 2 ** 31 }), async (example, rate, seed) => {
        // Events without weight have masks too, but not those of the oracle.
        await expectFaultyGradient({ ...example, weights: 'all', spec: { ...example.spec, dropout: { rate, seed } } })
      }),
      { numRuns: 12, seed: 4 },
    )
  })

  it('clips policy and critic by one norm (joint-clip), so that the larger gradient starves the smaller', async () => {
    const minibatch = randomMinibatch(SMALL_TEAM, { stepCount: 1, laneCount: 12 }, 3)
    for (const [at, target] of minibatch.valueTargets.entries()) minibatch.valueTargets[at] = 1000 * target
    const stepWith = async (settings: UpdateSettings, threads: number) =>
      await gradientOf(await createPortableEngine({ spec: SMALL_TEAM, threads }), SMALL_TEAM, settings, minibatch)
    const own = await stepWith({ ...SETTINGS, ...UNCLIPPED }, 1)
    const joint = await stepWith({ ...SETTINGS, defects: ['joint-clip'] }, 1)
    expect(await stepWith({ ...SETTINGS, defects: ['joint-clip'] }, 3)).toEqual(joint)
    const { parametersPerAgent } = parameterLayout(SMALL_TEAM)
    let scales = 0
    for (let from = 0; from < own.gradient.length; from += parametersPerAgent) {
      const gradient = own.gradient.subarray(from, from + parametersPerAgent)
      const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0))
      scales += SETTINGS.maxGradNormPolicy / norm / SMALL_TEAM.agentCount
      for (const [i, value] of gradient.entries()) {
        expect(joint.gradient[from + i]).toBeCloseTo((value * SETTINGS.maxGradNormPolicy) / norm, 5)
      }
    }
    expect(joint.stats.clipScalePolicy).toBeCloseTo(scales, 5)
    expect(joint.stats.clipScalePolicy).toBeLessThan(0.01)
    expect(joint.stats.starvedByCritic).toBeGreaterThan(0.9)
    expect((await stepWith(SETTINGS, 1)).stats.starvedByCritic).toBe(0)
    expect(joint.stats.gradNormPolicy).toBeCloseTo(own.stats.gradNormPolicy, 5)
  })

  it.each(['ratio-matrix', 'joint-clip', 'replay-mismatch'] as const)('is refused by TF.js: %s', async (defect) => {
    const engine = await createTfjsEngine({ spec: SMALL_TEAM, backend: 'cpu' })
    engine.loadParameters(randomParameters(SMALL_TEAM, 1))
    const minibatch = randomMinibatch(SMALL_TEAM, 4, 1)
    await expect(engine.update(minibatch, { ...SETTINGS, defects: ['vote-reward', defect] })).rejects.toMatchObject({
      code: 'SETTINGS',
      message: expect.stringContaining(`the defect "${defect}" needs the engine "portable"`),
    })
    // What the others change lies outside of the update.
    await engine.update(minibatch, { ...SETTINGS, defects: ['partial-metrics', 'vote-reward'] })
    engine.dispose()
  })

  it('is refused by TF.js: dropout', async () => {
    const spec = { ...SMALL_TEAM, dropout: { rate: 0.1, seed: 1 } }
    await expect(createTfjsEngine({ spec, backend: 'cpu' })).rejects.toMatchObject({
      code: 'SETTINGS',
      message: expect.stringContaining('spec.dropout needs the engine "portable"'),
    })
  })
})
