/** The two engines against each other and against central differences in float64. */
import type { NetworkSpec } from '@vigil/policy-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SupervisedBatch } from './engine.ts'
import {
  agentBlocks,
  agentGradients,
  casesOf,
  expectGradient,
  expectStats,
  expectTensors,
  FLOAT32_FLOOR,
  gradientOf,
  minibatchOf,
  NO_NORMS,
  SEGMENTS,
  SPECS,
  TINY_SEGMENTS,
  TINY_SPECS,
} from './gradient.fixture.ts'
import { crossEntropyOracle, finiteDifferences, ppoLossOracle } from './loss.oracle.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import {
  CONSTRAINED_TEAM,
  parametersInUse,
  RECURRENT_TEAM,
  randomMinibatch,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  SMALL_TEAM,
} from './team.fixture.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

describe('the gradient of PPO', () => {
  it('is the same in both engines', async () => {
    await fc.assert(
      fc.asyncProperty(casesOf(SPECS, SEGMENTS), async (example) => {
        const { spec, settings } = example
        const minibatch = minibatchOf(example)
        const portable = await createPortableEngine({ spec, threads: 1 })
        const received = await gradientOf(portable, spec, settings, minibatch)
        const tfjs = await createTfjsEngine({ spec, backend: 'cpu' })
        const expected = await gradientOf(tfjs, spec, settings, minibatch)
        expectGradient(spec, received.gradient, expected.gradient)
        expectStats(received.stats, expected.stats)
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('is the central difference of the loss, in both engines', async () => {
    await fc.assert(
      fc.asyncProperty(casesOf(TINY_SPECS, TINY_SEGMENTS), async (example) => {
        const { spec, settings } = example
        const minibatch = minibatchOf(example)
        const expected = agentGradients(spec, (agent, block) =>
          ppoLossOracle({ spec, block, agent, minibatch, settings }),
        )
        const portable = await createPortableEngine({ spec, threads: 1 })
        const received = await gradientOf(portable, spec, settings, minibatch)
        // A central difference keeps the rounding error of the whole loss, which extreme ratios make large.
        const floor = FLOAT32_FLOOR + (4 * Number.EPSILON * Math.abs(expected.means.policyLoss)) / 1e-5
        expectGradient(spec, received.gradient, expected.gradient, floor)
        expectStats({ ...received.stats, ...NO_NORMS }, { ...expected.means, ...NO_NORMS })
        const tfjs = await createTfjsEngine({ spec, backend: 'cpu' })
        expectGradient(spec, (await gradientOf(tfjs, spec, settings, minibatch)).gradient, expected.gradient, floor)
      }),
      { numRuns: 18, seed: 2 },
    )
  })
})

describe('the gradient of the cross-entropy', () => {
  it('is the central difference of the loss', async () => {
    await fc.assert(
      fc.asyncProperty(
        TINY_SPECS,
        TINY_SEGMENTS,
        fc.nat({ max: 2 ** 31 }),
        async (spec, [stepCount, laneCount], seed) => {
          const batch = randomSupervisedBatch(spec, { stepCount, laneCount }, seed)
          const blocks = agentBlocks(spec, randomParameters(spec, 1))
          const engine = await createPortableEngine({ spec, threads: 1 })
          engine.loadParameters(randomParameters(spec, 1))
          const loss = await engine.supervisedUpdate(batch, 1e-3)
          const losses = blocks.map((block, agent) => crossEntropyOracle({ spec, block, agent, batch }))
          expect(loss).toBeCloseTo(losses.reduce((sum, own) => sum + own, 0) / losses.length, 5)
          const { firstMoment } = await engine.storeOptimiser()
          engine.dispose()
          for (const [agent, block] of blocks.entries()) {
            const expected = finiteDifferences(block, parametersInUse(spec), (moved) =>
              crossEntropyOracle({ spec, block: moved, agent, batch }),
            )
            const norm = Math.sqrt(expected.reduce((sum, value) => sum + value ** 2, 0))
            const scale = (1 - 0.9) * Math.min(1, 0.5 / norm)
            const own = firstMoment.subarray(agent * block.length, (agent + 1) * block.length)
            expectTensors(
              spec,
              own.map((moment) => moment / scale),
              expected,
            )
          }
        },
      ),
      { numRuns: 12, seed: 3 },
    )
  })
})

describe('twenty updates from the same weights', () => {
  const wide: NetworkSpec = {
    ...SMALL_TEAM,
    agentCount: 3,
    denseSize: 7,
    policyHidden: [64, 64],
    valueHidden: [32, 32],
  }
  const widerRecurrent: NetworkSpec = { ...wide, policyHidden: [32], valueHidden: [20], lstmHidden: [24] }
  it.each([
    ['a small team', SMALL_TEAM, { stepCount: 1, laneCount: 60 }],
    ['a wider team, several tiles', wide, { stepCount: 1, laneCount: 400 }],
    ['a recurrent, layer-normed team', RECURRENT_TEAM, { stepCount: 5, laneCount: 12 }],
    ['a wider recurrent team', widerRecurrent, { stepCount: 5, laneCount: 20 }],
    ['a team with specifications', CONSTRAINED_TEAM, { stepCount: 1, laneCount: 60 }],
  ] as const)('end within 1e-4: %s', async (_, spec, segments) => {
    const parameters = randomParameters(spec, 2)
    const engines = [await createPortableEngine({ spec, threads: 2 }), await createTfjsEngine({ spec, backend: 'cpu' })]
    for (const engine of engines) {
      engine.loadParameters(parameters)
      for (let update = 0; update < 20; update++) await engine.update(randomMinibatch(spec, segments, update), SETTINGS)
    }
    const [portable, tfjs] = await Promise.all(engines.map((engine) => engine.storeParameters()))
    expect(Math.max(...portable.map((value, index) => Math.abs(value - tfjs[index])))).toBeLessThan(1e-4)
    expect(Math.max(...portable.map((value, index) => Math.abs(value - parameters[index])))).toBeGreaterThan(1e-2)
    const batch: SupervisedBatch = randomSupervisedBatch(spec, segments, 1)
    const [one, other] = await Promise.all(engines.map((engine) => engine.supervisedUpdate(batch, 1e-3)))
    expect(one).toBeCloseTo(other, 5)
    for (const engine of engines) engine.dispose()
  })
})
