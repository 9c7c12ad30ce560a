import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createForwardPass } from './forward.fixture.ts'
import { forwardOracle } from './forward.oracle.ts'
import { initialiseParameters } from './initialisation.ts'
import { type NetworkSpec, paddedWidth, parameterLayout, recurrentStateSize } from './network.ts'

let run: Awaited<ReturnType<typeof createForwardPass>>

beforeAll(async () => {
  run = await createForwardPass()
})

const SPEC: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [4],
  policyHidden: [11],
  valueHidden: [6, 9],
  layerNorm: true,
  lstmHidden: [10, 5],
  constraintCount: 0,
}

describe('a recurrent network over time', () => {
  it('carries its states from step to step as a float64 pass does, with states cleared between episodes', () => {
    const lanes = 5
    const steps = 30
    const size = recurrentStateSize(SPEC)
    const parameters = initialiseParameters(SPEC, 3)
    let recurrentState: Float32Array = new Float32Array(lanes * SPEC.agentCount * size)
    const states = Array.from({ length: lanes * SPEC.agentCount }, () => new Array<number>(size).fill(0))
    for (let step = 0; step < steps; step++) {
      const dense = Float32Array.from({ length: lanes * 3 }, (_, i) => 2 * Math.sin(17 * step + i))
      const categories = Uint16Array.from({ length: lanes }, (_, lane) => (step + lane) % 4)
      for (let lane = 0; lane < lanes; lane++) {
        if ((step + 3 * lane) % 11 > 0) continue
        recurrentState.fill(0, lane * SPEC.agentCount * size, (lane + 1) * SPEC.agentCount * size)
        for (let agent = 0; agent < SPEC.agentCount; agent++) states[lane * SPEC.agentCount + agent].fill(0)
      }
      const result = run({ spec: SPEC, parameters, inputs: { rows: lanes, dense, categories }, recurrentState, step })
      for (const [entry, state] of states.entries()) {
        const [lane, agent] = [Math.floor(entry / SPEC.agentCount), entry % SPEC.agentCount]
        const inputs = { dense: dense.subarray(3 * lane, 3 * lane + 3), categories: [categories[lane]] }
        const oracle = forwardOracle({ spec: SPEC, parameters, agent, ...inputs, state })
        for (let i = 0; i < size; i++) expect(result.recurrentState[entry * size + i]).toBeCloseTo(oracle.state[i], 5)
        for (let a = 0; a < 4; a++) expect(result.probabilities[4 * entry + a]).toBeCloseTo(oracle.policy[a], 5)
        expect(result.values[entry]).toBeCloseTo(oracle.critic![0], 5)
        states[entry] = oracle.state
      }
      recurrentState = result.recurrentState
    }
  })
})

/** One unit whose cell becomes sigmoid(f) c + sigmoid(i) tanh(g), with z_i = i and so on for every row. */
const ONE_UNIT: NetworkSpec = {
  agentCount: 1,
  denseSize: 1,
  vocabularySizes: [],
  policyHidden: [2],
  valueHidden: null,
  layerNorm: false,
  lstmHidden: [1],
  constraintCount: 0,
}

/** Cells after one step from cells of 0, where one gate has x as its sum and the others are given. */
function cells(x: Float32Array, gate: 'i' | 'g', others: number): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(ONE_UNIT)
  const parameters = new Float32Array(parametersPerAgent)
  const set = (name: string, index: number, value: number) => {
    parameters[slices.find((slice) => slice.name === name)!.offset + index] = value
  }
  const width = paddedWidth(1)
  const column = 'ifgo'.indexOf(gate) * width
  // x = relu(x) - relu(-x)
  for (const [unit, sign] of [1, -1].entries()) {
    set('policy.dense.0', unit, sign)
    set('policy.lstmInput.0', unit * 4 * width + column, sign)
  }
  for (const other of ['i', 'g']) if (other !== gate) set('policy.lstmBias.0', 'ifgo'.indexOf(other) * width, others)
  const inputs = { rows: x.length, dense: x, categories: new Uint16Array(0) }
  const { recurrentState } = run({ spec: ONE_UNIT, parameters, inputs })
  return recurrentState.filter((_, index) => index % (2 * width) === width)
}

describe('the gates', () => {
  const numbers = fc.float32Array({
    minLength: 300,
    maxLength: 300,
    noNaN: true,
    min: Math.fround(-1e30),
    max: Math.fround(1e30),
  })
  /** Numbers of every size, and those where the functions bend. */
  const sums = fc.oneof(
    numbers,
    numbers.map((values) => values.map((value, index) => Math.sin(index + value) * 2 ** (8 - (index % 30)))),
  )
  /** sigmoid(30) and tanh(30) are 1 in f32. */
  const ONE = 30

  it('have the sigmoid to 1e-6 of itself', () => {
    fc.assert(
      fc.property(sums, (x) => {
        for (const [index, value] of cells(x, 'i', ONE).entries()) {
          const exact = 1 / (1 + Math.exp(-x[index]))
          // Below the exponential's range the result is as good as 0.
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-6 * exact + 1e-37)
        }
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('have tanh to 1e-6 of itself, also near 0', () => {
    fc.assert(
      fc.property(sums, (x) => {
        for (const [index, value] of cells(x, 'g', ONE).entries()) {
          const exact = Math.tanh(x[index])
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(1e-6 * Math.abs(exact) + 1e-44)
        }
      }),
      { numRuns: 50, seed: 1 },
    )
  })

  it('have an odd tanh', () => {
    const x = Float32Array.from({ length: 400 }, (_, index) => 2 ** (index / 10 - 30))
    const negated = x.map((value) => -value)
    expect(cells(negated, 'g', ONE)).toEqual(cells(x, 'g', ONE).map((value) => -value))
  })
})
