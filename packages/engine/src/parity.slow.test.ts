/** The engines against each other and against central differences in float64. */
import type { NetworkSpec } from '@vigil/policy-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SupervisedBatch } from './engine.ts'
import { ENGINES } from './engines.fixture.ts'
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

/** Those with gradients by hand. */
const BY_HAND = Object.entries(ENGINES).flatMap(([name, create]) => (/^(portable|native)/.test(name) ? [create] : []))

describe('the gradient of PPO', () => {
  it('is the same in the engines by hand and in TF.js', async () => {
    await fc.assert(
      fc.asyncProperty(casesOf(SPECS, SEGMENTS), async (example) => {
        const { spec, settings } = example
        const minibatch = minibatchOf(example)
        const tfjs = await createTfjsEngine({ spec, backend: 'cpu' })
        const expected = await gradientOf(tfjs, spec, settings, minibatch)
        for (const create of BY_HAND) {
          const received = await gradientOf(await create({ spec }), spec, settings, minibatch)
          expectGradient(spec, received.gradient, expected.gradient)
          expectStats(received.stats, expected.stats)
        }
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('is the central difference of the loss, in all engines', async () => {
    await fc.assert(
      fc.asyncProperty(casesOf(TINY_SPECS, TINY_SEGMENTS), async (example) => {
        const { spec, settings } = example
        const minibatch = minibatchOf(example)
        const expected = agentGradients(spec, (agent, block) =>
          ppoLossOracle({ spec, block, agent, minibatch, settings }),
        )
        // A central difference keeps the rounding error of the whole loss, which extreme ratios make large.
        const floor = FLOAT32_FLOOR + (4 * Number.EPSILON * Math.abs(expected.means.policyLoss)) / 1e-5
        for (const create of BY_HAND) {
          const received = await gradientOf(await create({ spec }), spec, settings, minibatch)
          expectGradient(spec, received.gradient, expected.gradient, floor)
          expectStats({ ...received.stats, ...NO_NORMS }, { ...expected.means, ...NO_NORMS })
        }
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
          const losses = blocks.map((block, agent) => crossEntropyOracle({ spec, block, agent, batch }))
          const expected = blocks.map((block, agent) =>
            finiteDifferences(block, parametersInUse(spec), (moved) =>
              crossEntropyOracle({ spec, block: moved, agent, batch }),
            ),
          )
          for (const create of BY_HAND) {
            const engine = await create({ spec })
            engine.loadParameters(randomParameters(spec, 1))
            const loss = await engine.supervisedUpdate(batch, 1e-3)
            expect(loss).toBeCloseTo(losses.reduce((sum, own) => sum + own, 0) / losses.length, 5)
            const { firstMoment } = await engine.storeOptimiser()
            engine.dispose()
            for (const [agent, block] of blocks.entries()) {
              const norm = Math.sqrt(expected[agent].reduce((sum, value) => sum + value ** 2, 0))
              const scale = (1 - 0.9) * Math.min(1, 0.5 / norm)
              const own = firstMoment.subarray(agent * block.length, (agent + 1) * block.length)
              const gradient = own.map((moment) => moment / scale)
              expectTensors(spec, gradient, expected[agent])
            }
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
    const engines = [await createTfjsEngine({ spec, backend: 'cpu' })]
    for (const create of BY_HAND) engines.push(await create({ spec }))
    for (const engine of engines) {
      engine.loadParameters(parameters)
      for (let update = 0; update < 20; update++) await engine.update(randomMinibatch(spec, segments, update), SETTINGS)
    }
    const [tfjs, ...others] = await Promise.all(engines.map((engine) => engine.storeParameters()))
    for (const own of others) expect(Math.max(...own.map((value, at) => Math.abs(value - tfjs[at])))).toBeLessThan(1e-4)
    expect(Math.max(...tfjs.map((value, at) => Math.abs(value - parameters[at])))).toBeGreaterThan(1e-2)
    const batch: SupervisedBatch = randomSupervisedBatch(spec, segments, 1)
    const [first, ...losses] = await Promise.all(engines.map((engine) => engine.supervisedUpdate(batch, 1e-3)))
    for (const loss of losses) expect(loss).toBeCloseTo(first, 5)
    for (const engine of engines) engine.dispose()
  })
})
