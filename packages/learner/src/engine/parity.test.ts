/** The two engines against each other and against central differences in float64. */
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Engine, Minibatch, SupervisedBatch, UpdateSettings, UpdateStats } from './engine.ts'
import { crossEntropyOracle, finiteDifferences, ppoLossOracle } from './loss-oracle.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import {
  CONSTRAINED_TEAM,
  parametersInUse,
  RECURRENT_TEAM,
  randomDirect,
  randomMinibatch,
  randomNumbers,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  SMALL_TEAM,
} from './team-fixture.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

/** Norms that clip nothing, so that the first moment after one step is (1 - beta_1) times the gradient. */
const UNCLIPPED = { maxGradNormPolicy: 1e30, maxGradNormValue: 1e30 }

/**
 * With layer normalisation the widths are at least 3: two units that are normalised become -1 and 1 whatever they were,
 * so that the gradient is what rounding leaves of a difference.
 */
const specsOf = (shapes: {
  agentsMax: number
  hidden: fc.Arbitrary<number[]>
  lstm: fc.Arbitrary<number[]>
}): fc.Arbitrary<NetworkSpec> =>
  fc
    .record({
      agentCount: fc.integer({ min: 1, max: shapes.agentsMax }),
      denseSize: fc.integer({ min: 0, max: 11 }),
      vocabularySizes: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
      policyHidden: shapes.hidden,
      valueHidden: fc.option(shapes.hidden),
      layerNorm: fc.boolean(),
      lstmHidden: shapes.lstm,
      constraintCount: fc.integer({ min: 0, max: 3 }),
    })
    .map((spec) => (spec.valueHidden === null ? { ...spec, constraintCount: 0 } : spec))
    .filter(({ denseSize, vocabularySizes }) => denseSize + vocabularySizes.length > 0)
    .filter(
      ({ layerNorm, policyHidden, valueHidden }) =>
        !layerNorm || [...policyHidden, ...(valueHidden ?? [])].every((width) => width >= 3),
    )
const width = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 4 }).map((n) => 8 * n),
)
const SPECS = specsOf({
  agentsMax: 3,
  hidden: fc.array(width, { minLength: 1, maxLength: 3 }),
  lstm: fc.array(width, { maxLength: 2 }),
})
/** For central differences, which take two forward passes for each parameter. */
const TINY_SPECS = specsOf({
  agentsMax: 2,
  hidden: fc.constantFrom([8], [5], [10], [8, 4]),
  lstm: fc.constantFrom([], [8], [3], [4, 3]),
})
/** T and L for the two; a recurrent minibatch has T * L rows. */
const SEGMENTS = fc.constantFrom([1, 1], [5, 1], [3, 4], [1, 163], [2, 65], [5, 26], [3, 100])
const TINY_SEGMENTS = fc.constantFrom([1, 7], [5, 1], [3, 2], [2, 3], [4, 2])

/**
 * Ratios from e^-spread to e^spread around those of the fixture, an agent that may have no rows at all, and episodes
 * that end nowhere, at some of the steps, or at each.
 */
const casesOf = (specs: fc.Arbitrary<NetworkSpec>, segments: fc.Arbitrary<readonly [number, number]>) =>
  fc
    .record({
      spec: specs,
      segments: segments.map(([stepCount, laneCount]) => ({ stepCount, laneCount })),
      resets: fc.constantFrom('none' as const, 'some' as const, 'all' as const),
      seed: fc.nat({ max: 2 ** 31 }),
      spread: fc.constantFrom(0, 0.3, 3, 12),
      weights: fc.constantFrom('mixed' as const, 'all' as const, 'none for one' as const),
      clipEpsilon: fc.constantFrom(0.05, 0.2, 5),
      entropyCoef: fc.constantFrom(0, 0.05, 1),
      valueCoef: fc.constantFrom(0, 0.7),
      constraintCoef: fc.constantFrom(0, 0.4, 1),
      hasDirect: fc.boolean(),
    })
    .map(({ clipEpsilon, entropyCoef, valueCoef, constraintCoef, ...rest }) => ({
      ...rest,
      settings: { ...SETTINGS, ...UNCLIPPED, clipEpsilon, entropyCoef, valueCoef, constraintCoef },
    }))
type Case = ReturnType<typeof casesOf> extends fc.Arbitrary<infer T> ? T : never

function minibatchOf({ spec, segments, resets, seed, spread, weights, hasDirect }: Case): Minibatch {
  const batch = randomMinibatch(spec, segments, seed)
  const minibatch = hasDirect ? { ...batch, direct: randomDirect(spec, batch.size, seed + 2) } : batch
  const random = randomNumbers(seed + 1)
  for (let at = 0; at < minibatch.oldLogProbs.length; at++) minibatch.oldLogProbs[at] += spread * (2 * random() - 1)
  if (weights === 'all') minibatch.weights.fill(1)
  if (weights === 'none for one') minibatch.weights.fill(0, 0, minibatch.size)
  if (resets !== 'some') minibatch.recurrence?.resets.fill(resets === 'all' ? 1 : 0)
  return minibatch
}

/** Statistics and gradient [A, P] of one update. */
async function gradientOf(engine: Engine, spec: NetworkSpec, settings: UpdateSettings, minibatch: Minibatch) {
  engine.loadParameters(randomParameters(spec, 1))
  const stats = await engine.update(minibatch, settings)
  const { firstMoment } = await engine.storeOptimiser()
  engine.dispose()
  return { stats, gradient: firstMoment.map((moment) => moment / (1 - 0.9)) }
}

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

  it('is refused by an engine that does not have it', async () => {
    const engine = await createTfjsEngine({ spec: SMALL_TEAM, backend: 'cpu' })
    engine.loadParameters(randomParameters(SMALL_TEAM, 1))
    const minibatch = randomMinibatch(SMALL_TEAM, 4, 1)
    await expect(engine.update(minibatch, { ...SETTINGS, defects: ['joint-clip'] })).rejects.toThrow(
      'the defect "joint-clip" needs the engine "portable"',
    )
    engine.dispose()
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

/** Of f32 sums whose terms are of order 1. */
const FLOAT32_FLOOR = 5e-8

const NO_NORMS = { gradNormPolicy: 0, gradNormValue: 0, clipScalePolicy: 1, starvedByCritic: 0 }

function agentBlocks(spec: NetworkSpec, parameters: Float32Array): Float64Array[] {
  const perAgent = parameters.length / spec.agentCount
  return Array.from({ length: spec.agentCount }, (_, agent) =>
    Float64Array.from(parameters.subarray(agent * perAgent, (agent + 1) * perAgent)),
  )
}

/** Gradients [A, P] by central differences, and the terms' means over the agents. */
function agentGradients(
  spec: NetworkSpec,
  lossOf: (agent: number, block: Float64Array) => ReturnType<typeof ppoLossOracle>,
) {
  const agents = agentBlocks(spec, randomParameters(spec, 1)).map((block, agent) => ({
    terms: lossOf(agent, block),
    gradient: finiteDifferences(block, parametersInUse(spec), (moved) => lossOf(agent, moved).total),
  }))
  const mean = (name: keyof (typeof agents)[number]['terms']) =>
    agents.reduce((sum, { terms }) => sum + terms[name], 0) / agents.length
  return {
    gradient: Float64Array.from(agents.flatMap(({ gradient }) => Array.from(gradient))),
    means: {
      policyLoss: mean('policyLoss'),
      valueLoss: mean('valueLoss'),
      entropy: mean('entropy'),
      approxKl: mean('approxKl'),
      clipFraction: mean('clipFraction'),
      costValueLoss: mean('costValueLoss'),
      satisfactionLoss: mean('satisfactionLoss'),
      ratiosPerDecision: mean('ratiosPerDecision'),
    },
  }
}

/** `expectTensors` for every agent. */
function expectGradient(
  spec: NetworkSpec,
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  floor = FLOAT32_FLOOR,
): void {
  const { parametersPerAgent } = parameterLayout(spec)
  for (let agent = 0; agent < spec.agentCount; agent++) {
    const own = (values: ArrayLike<number>) =>
      Array.prototype.slice.call(values, agent * parametersPerAgent, (agent + 1) * parametersPerAgent) as number[]
    expectTensors(spec, own(received), own(expected), floor)
  }
}

/** Each tensor to 1e-5 of its largest number, and to the rounding error `floor` of sums that cancel. */
function expectTensors(
  spec: NetworkSpec,
  received: ArrayLike<number>,
  expected: ArrayLike<number>,
  floor = FLOAT32_FLOOR,
): void {
  for (const { name, offset, length } of parameterLayout(spec).slices) {
    let difference = 0
    let largest = 0
    for (let at = offset; at < offset + length; at++) {
      difference = Math.max(difference, Math.abs(received[at] - expected[at]))
      largest = Math.max(largest, Math.abs(expected[at]))
    }
    expect(difference, name).toBeLessThanOrEqual(1e-5 * largest + floor)
  }
}

function expectStats(received: UpdateStats, expected: UpdateStats): void {
  for (const [name, value] of Object.entries(expected)) {
    const own = received[name as keyof UpdateStats]
    expect(Math.abs(own - value), name).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)))
  }
}
