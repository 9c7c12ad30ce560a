/** The faults of the update against the loss in float64, against the product's engines, and by what they do to a step. */
import type { Minibatch } from '@vigil/engine'
import { createPortableEngine } from '@vigil/engine'
import { createTfjsEngine } from '@vigil/engine/tfjs'
import { type NetworkSpec, parameterLayout, recurrentStateSize } from '@vigil/policy-wasm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  agentGradients,
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
} from '../../../engine/src/gradient.fixture.ts'
import {
  RECURRENT_TEAM,
  randomMinibatch,
  randomParameters,
  SETTINGS,
  SMALL_TEAM,
} from '../../../engine/src/team.fixture.ts'
import { dropoutFactors } from './dropout.ts'
import { faultyRule } from './faulty-rule.ts'
import { ratioMatrixOracle } from './ratio-matrix.oracle.ts'

const SEED = 5
const cases = casesOf(TINY_SPECS, TINY_SEGMENTS)

const faultyEngine = (spec: NetworkSpec, ...defects: string[]) =>
  createTfjsEngine({ spec, backend: 'cpu', rule: faultyRule({ defects, seed: SEED }) })

it('without a fault has the bytes of the TF.js engine', async () => {
  for (const spec of [SMALL_TEAM, RECURRENT_TEAM]) {
    const minibatch = randomMinibatch(spec, { stepCount: 3, laneCount: 5 }, 3)
    const [own, plain] = [await faultyEngine(spec), await createTfjsEngine({ spec, backend: 'cpu' })]
    const [received, expected] = [
      await gradientOf(own, spec, SETTINGS, minibatch),
      await gradientOf(plain, spec, SETTINGS, minibatch),
    ]
    expect(received.gradient).toEqual(expected.gradient)
    expect(received.stats).toEqual({ ...expected.stats, starvedByCritic: 0, ratiosPerDecision: 1 })
  }
})

it('compares every log-probability with every old one of the agent (ratio-matrix)', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (example) => {
      const { spec, settings } = example
      const minibatch = minibatchOf(example)
      const expected = agentGradients(spec, (agent, block) =>
        ratioMatrixOracle({ spec, block, agent, minibatch, settings }),
      )
      const received = await gradientOf(await faultyEngine(spec, 'ratio-matrix'), spec, settings, minibatch)
      const floor = FLOAT32_FLOOR + (4 * Number.EPSILON * Math.abs(expected.means.policyLoss)) / 1e-5
      expectGradient(spec, received.gradient, expected.gradient, floor)
      expectStats({ ...received.stats, ...NO_NORMS }, { ...expected.means, ...NO_NORMS })
    }),
    { numRuns: 12, seed: 3 },
  )
})

it('replays events alone, with hidden units left out (replay-mismatch)', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (example) => {
      const { spec, settings } = example
      const minibatch = minibatchOf(example)
      const received = await gradientOf(await faultyEngine(spec, 'replay-mismatch'), spec, settings, minibatch)
      // The first update of the engine, whose weights are multiplied by what it draws.
      const factors = dropoutFactors(spec, { rate: 0.1, seed: SEED, purpose: 'dropoutLearning', counter: 1 })
      const portable = await createPortableEngine({ spec, threads: 1 })
      portable.loadParameters(randomParameters(spec, 1).map((value, i) => value * factors[i]))
      const stats = await portable.update(forgetful(minibatch, spec), settings)
      const { firstMoment } = await portable.storeOptimiser()
      portable.dispose()
      expectGradient(
        spec,
        received.gradient,
        firstMoment.map((moment, i) => (moment / (1 - 0.9)) * factors[i]),
      )
      expectStats({ ...received.stats, ...NO_NORMS }, { ...stats, ...NO_NORMS })
    }),
    { numRuns: 25, seed: 4 },
  )
})

/** The same events with a reset at every step and nothing remembered. */
function forgetful(minibatch: Minibatch, spec: NetworkSpec): Minibatch {
  if (minibatch.recurrence === null) return minibatch
  const { recurrence } = minibatch
  const resets = new Uint8Array(minibatch.size).fill(1)
  const recurrentState = new Float32Array(spec.agentCount * recurrence.laneCount * recurrentStateSize(spec))
  return { ...minibatch, recurrence: { ...recurrence, resets, recurrentState } }
}

it('clips policy and critic by one norm (joint-clip), so that the larger gradient starves the smaller', async () => {
  const minibatch = randomMinibatch(SMALL_TEAM, { stepCount: 1, laneCount: 12 }, 3)
  for (const [at, target] of minibatch.valueTargets.entries()) minibatch.valueTargets[at] = 1000 * target
  const plain = await createPortableEngine({ spec: SMALL_TEAM, threads: 1 })
  const own = await gradientOf(plain, SMALL_TEAM, { ...SETTINGS, ...UNCLIPPED }, minibatch)
  const joint = await gradientOf(await faultyEngine(SMALL_TEAM, 'joint-clip'), SMALL_TEAM, SETTINGS, minibatch)
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
  expect((joint.stats as unknown as { starvedByCritic: number }).starvedByCritic).toBeGreaterThan(0.9)
  expect(joint.stats.gradNormPolicy).toBeCloseTo(own.stats.gradNormPolicy, 5)
})
