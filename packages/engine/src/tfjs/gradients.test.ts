import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { crossEntropyOracle, finiteDifferences, ppoLossOracle } from '../loss.oracle.ts'
import {
  CONSTRAINED_TEAM,
  parametersInUse,
  RECURRENT_TEAM,
  randomMinibatch,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  SMALL_TEAM,
} from '../team.fixture.ts'
import { selectBackend, startBackend } from './backend.ts'
import { ppoGradients, supervisedGradient } from './gradients.ts'
import { PPO_TERMS } from './ppo-loss.ts'
import { trunksOf } from './team-network.ts'
import { joinTeam, splitTeam } from './team-state.ts'

type BackendName = 'cpu' | 'wasm'

const SPECS: Record<string, NetworkSpec> = {
  'critic and embedding': SMALL_TEAM,
  'no critic': { ...SMALL_TEAM, valueHidden: null },
  'no categorical columns': { ...SMALL_TEAM, vocabularySizes: [], policyHidden: [8] },
  'no dense inputs': { ...SMALL_TEAM, denseSize: 0, valueHidden: [8, 16] },
  'one agent, three layers': { ...SMALL_TEAM, agentCount: 1, policyHidden: [8, 16, 8] },
  'layer norm': { ...SMALL_TEAM, layerNorm: true },
  'padded widths': { ...SMALL_TEAM, policyHidden: [13, 5], valueHidden: [3] },
  LSTM: { ...SMALL_TEAM, policyHidden: [8], lstmHidden: [8] },
  'two LSTM layers without a critic': { ...SMALL_TEAM, policyHidden: [8], valueHidden: null, lstmHidden: [3, 8] },
  'layer norm, LSTM and padded widths': RECURRENT_TEAM,
  'two specifications': CONSTRAINED_TEAM,
  'LSTM and a specification': { ...RECURRENT_TEAM, constraintCount: 1 },
}

beforeAll(async () => {
  await startBackend('wasm', 1)
  await startBackend('cpu')
})

describe('ppoGradients', () => {
  it.each(Object.entries(SPECS))('agrees with finite differences: %s', async (_, spec) => {
    const minibatch = randomMinibatch(spec, { stepCount: 4, laneCount: 3 }, 3)
    const parameters = randomParameters(spec, 4)
    const { gradient, terms } = await engineGradients('cpu', spec, { minibatch, parameters })
    const expected = oracleGradients(spec, { minibatch, parameters })
    expect(largestDifference(gradient, expected.gradient)).toBeLessThan(1e-5)
    // The draw has samples on both sides of the clip range, or the comparison would show less than it says.
    expect(expected.clipFraction).toBeGreaterThan(0.1)
    expect(expected.clipFraction).toBeLessThan(0.9)
    expect(largestDifference(terms, expected.terms)).toBeLessThan(1e-5)
  })

  it.each([
    [1, 1],
    [9, 7],
    [4, 16],
    [1, 100],
  ])('gives the same on wasm as on cpu for %i steps of %i lanes', async (stepCount, laneCount) => {
    for (const spec of [...Object.values(SPECS), { ...SMALL_TEAM, agentCount: 4, policyHidden: [64, 64] }]) {
      const minibatch = randomMinibatch(spec, { stepCount, laneCount }, 5)
      const parameters = randomParameters(spec, 6)
      const wasm = await engineGradients('wasm', spec, { minibatch, parameters })
      const cpu = await engineGradients('cpu', spec, { minibatch, parameters })
      expect(largestDifference(wasm.gradient, cpu.gradient)).toBeLessThan(1e-5)
      expect(largestDifference(wasm.terms, cpu.terms)).toBeLessThan(1e-5)
    }
  })

  it('leaves an agent without rows alone and does not divide by zero', async () => {
    const minibatch = randomMinibatch(SMALL_TEAM, 6, 7)
    minibatch.weights.fill(0, 0, 6)
    const parameters = randomParameters(SMALL_TEAM, 8)
    const { gradient } = await engineGradients('wasm', SMALL_TEAM, { minibatch, parameters })
    const perAgent = gradient.length / 2
    expect(gradient.subarray(0, perAgent).every((value) => value === 0)).toBe(true)
    expect(gradient.subarray(perAgent).some((value) => value !== 0)).toBe(true)
  })

  it('gives unused embedding rows no gradient', async () => {
    const minibatch = randomMinibatch(SMALL_TEAM, 40, 9)
    minibatch.categorical.fill(0)
    const parameters = randomParameters(SMALL_TEAM, 10)
    const { gradient } = await engineGradients('wasm', SMALL_TEAM, { minibatch, parameters })
    const width = SMALL_TEAM.policyHidden[0]
    const rowIsZero = Array.from({ length: 8 }, (_, row) =>
      gradient.subarray(row * width, (row + 1) * width).every((value) => value === 0),
    )
    expect(rowIsZero).toEqual([false, true, true, true, false, false, true, true])
  })
})

describe('supervisedGradient', () => {
  it.each([
    ['cpu', 'feed-forward', SMALL_TEAM],
    ['wasm', 'feed-forward', SMALL_TEAM],
    ['cpu', 'recurrent', RECURRENT_TEAM],
    ['wasm', 'recurrent', RECURRENT_TEAM],
  ] as const)('agrees with finite differences on %s: %s', async (backend, _, spec) => {
    const batch = randomSupervisedBatch(spec, { stepCount: 3, laneCount: 5 }, 11)
    const parameters = randomParameters(spec, 12)
    selectBackend(backend)
    const trunks = trunksOf(spec)
    const { losses, gradient } = tf.tidy(() => {
      const [own] = splitTeam(parameters, trunks)
      return supervisedGradient({ spec, trunk: trunks[0], parameters: own, batch })
    })
    const perAgent = parameters.length / spec.agentCount
    const policyCount = trunks[0].parameterCount
    const lossValues = await losses.data()
    for (let agent = 0; agent < spec.agentCount; agent++) {
      const block = Float64Array.from(parameters.subarray(agent * perAgent, (agent + 1) * perAgent))
      const loss = (moved: Float64Array) => crossEntropyOracle({ spec, block: moved, agent, batch })
      const own = (await gradient.data()).subarray(agent * policyCount, (agent + 1) * policyCount)
      // The critic's parameters come after the policy's.
      const inUse = parametersInUse(spec).fill(0, policyCount)
      const expected = finiteDifferences(block, inUse, loss).subarray(0, policyCount)
      expect(largestDifference(own, expected)).toBeLessThan(1e-5)
      expect(lossValues[agent]).toBeCloseTo(loss(block), 5)
    }
    tf.dispose([losses, gradient])
  })
})

type Case = { minibatch: ReturnType<typeof randomMinibatch>; parameters: Float32Array }

/** Gradient [A, P] and terms [7, A] as the engine computes them. */
async function engineGradients(backend: BackendName, spec: NetworkSpec, { minibatch, parameters }: Case) {
  selectBackend(backend)
  const trunks = trunksOf(spec)
  const { terms, gradients } = tf.tidy(() =>
    ppoGradients({ spec, trunks, parameters: splitTeam(parameters, trunks), minibatch, settings: SETTINGS }),
  )
  const result = { gradient: await joinTeam(gradients), terms: await terms.data() }
  tf.dispose([terms, ...gradients])
  return result
}

/** The same from the oracle. */
function oracleGradients(spec: NetworkSpec, { minibatch, parameters }: Case) {
  const perAgent = parameters.length / spec.agentCount
  const inUse = parametersInUse(spec)
  const agents = Array.from({ length: spec.agentCount }, (_, agent) => {
    const block = Float64Array.from(parameters.subarray(agent * perAgent, (agent + 1) * perAgent))
    const loss = (moved: Float64Array) => ppoLossOracle({ spec, block: moved, agent, minibatch, settings: SETTINGS })
    return { loss: loss(block), gradient: finiteDifferences(block, inUse, (moved) => loss(moved).total) }
  })
  const names = PPO_TERMS
  return {
    gradient: Float64Array.from(agents.flatMap(({ gradient }) => Array.from(gradient))),
    terms: Float64Array.from(names.flatMap((name) => agents.map(({ loss }) => loss[name]))),
    clipFraction: agents.reduce((sum, { loss }) => sum + loss.clipFraction, 0) / agents.length,
  }
}

/** Largest difference over the largest number expected. */
function largestDifference(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length)
  let difference = 0
  let scale = 0
  for (let index = 0; index < expected.length; index++) {
    difference = Math.max(difference, Math.abs(received[index] - expected[index]))
    scale = Math.max(scale, Math.abs(expected[index]))
  }
  return difference / scale
}
