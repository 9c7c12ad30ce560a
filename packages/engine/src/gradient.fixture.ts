/** Random networks, minibatches and settings, and how near gradients must be; for the tests of the engines. Not part of the product. */
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Engine, Minibatch, UpdateSettings, UpdateStats } from './engine.ts'
import { finiteDifferences, type ppoLossOracle } from './loss.oracle.ts'
import {
  parametersInUse,
  randomDirect,
  randomMinibatch,
  randomNumbers,
  randomParameters,
  SETTINGS,
} from './team.fixture.ts'

/** Norms that clip nothing, so that the first moment after one step is (1 - beta_1) times the gradient. */
export const UNCLIPPED = { maxGradNormPolicy: 1e30, maxGradNormValue: 1e30 }

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
export const SPECS = specsOf({
  agentsMax: 3,
  hidden: fc.array(width, { minLength: 1, maxLength: 3 }),
  lstm: fc.array(width, { maxLength: 2 }),
})
/** For central differences, which take two forward passes for each parameter. */
export const TINY_SPECS = specsOf({
  agentsMax: 2,
  hidden: fc.constantFrom([8], [5], [10], [8, 4]),
  lstm: fc.constantFrom([], [8], [3], [4, 3]),
})
/** T and L for the two; a recurrent minibatch has T * L rows. */
export const SEGMENTS = fc.constantFrom([1, 1], [5, 1], [3, 4], [1, 163], [2, 65], [5, 26], [3, 100])
export const TINY_SEGMENTS = fc.constantFrom([1, 7], [5, 1], [3, 2], [2, 3], [4, 2])

/**
 * Ratios from e^-spread to e^spread around those of the fixture, an agent that may have no rows at all, and episodes
 * that end nowhere, at some of the steps, or at each.
 */
export const casesOf = (specs: fc.Arbitrary<NetworkSpec>, segments: fc.Arbitrary<readonly [number, number]>) =>
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
export type Case = ReturnType<typeof casesOf> extends fc.Arbitrary<infer T> ? T : never

export function minibatchOf({ spec, segments, resets, seed, spread, weights, hasDirect }: Case): Minibatch {
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
export async function gradientOf(engine: Engine, spec: NetworkSpec, settings: UpdateSettings, minibatch: Minibatch) {
  engine.loadParameters(randomParameters(spec, 1))
  const stats = await engine.update(minibatch, settings)
  const { firstMoment } = await engine.storeOptimiser()
  engine.dispose()
  return { stats, gradient: firstMoment.map((moment) => moment / (1 - 0.9)) }
}

/** Of f32 sums whose terms are of order 1. */
export const FLOAT32_FLOOR = 5e-8

export const NO_NORMS = { gradNormPolicy: 0, gradNormValue: 0, clipScalePolicy: 1 }

export function agentBlocks(spec: NetworkSpec, parameters: Float32Array): Float64Array[] {
  const perAgent = parameters.length / spec.agentCount
  return Array.from({ length: spec.agentCount }, (_, agent) =>
    Float64Array.from(parameters.subarray(agent * perAgent, (agent + 1) * perAgent)),
  )
}

/** Gradients [A, P] by central differences, and the terms' means over the agents. */
export function agentGradients(
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
    },
  }
}

/** `expectTensors` for every agent. */
export function expectGradient(
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
export function expectTensors(
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

export function expectStats(received: UpdateStats, expected: UpdateStats): void {
  for (const [name, value] of Object.entries(expected)) {
    const own = received[name as keyof UpdateStats]
    expect(Math.abs(own - value), name).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)))
  }
}
