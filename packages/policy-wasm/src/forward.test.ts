import { philox } from '@vigil/random'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createForwardPass, type Inputs } from './forward.fixture.ts'
import { forwardOracle } from './forward.oracle.ts'
import { initialiseParameters } from './initialisation.ts'
import { type NetworkSpec, paddedWidth, parameterLayout, recurrentStateSize, valueOutputCount } from './network.ts'

let run: Awaited<ReturnType<typeof createForwardPass>>

beforeAll(async () => {
  run = await createForwardPass()
})

const width = fc.integer({ min: 1, max: 40 })
const specs: fc.Arbitrary<NetworkSpec> = fc
  .record({
    agentCount: fc.integer({ min: 1, max: 6 }),
    denseSize: fc.integer({ min: 1, max: 13 }),
    vocabularySizes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
    policyHidden: fc.array(width, { minLength: 1, maxLength: 3 }),
    valueHidden: fc.option(fc.array(width, { minLength: 1, maxLength: 3 })),
    layerNorm: fc.boolean(),
    lstmHidden: fc.oneof(fc.constant([]), fc.array(width, { minLength: 1, maxLength: 2 })),
    constraintCount: fc.integer({ min: 0, max: 3 }),
  })
  .map((spec) => (spec.valueHidden === null ? { ...spec, constraintCount: 0 } : spec))
const cases = fc.record({ spec: specs, rows: fc.integer({ min: 1, max: 140 }), seed: fc.nat({ max: 2 ** 31 }) })

function randomInputs(spec: NetworkSpec, rows: number, seed: number): Inputs {
  const word = new Uint32Array(4)
  const draw = (i: number, j: number) => {
    philox([seed, 99], [i, j, 0, 0], word)
    return word[0] / 2 ** 32
  }
  const columns = spec.vocabularySizes.length
  return {
    rows,
    dense: Float32Array.from({ length: rows * spec.denseSize }, (_, i) => 4 * draw(i, 0) - 2),
    categories: Uint16Array.from({ length: rows * columns }, (_, i) =>
      Math.floor(draw(i, 1) * spec.vocabularySizes[i % columns]),
    ),
  }
}

function rowOf(spec: NetworkSpec, inputs: Inputs, row: number) {
  const columns = spec.vocabularySizes.length
  return {
    dense: inputs.dense.slice(row * spec.denseSize, (row + 1) * spec.denseSize),
    categories: inputs.categories.slice(row * columns, (row + 1) * columns),
  }
}

/** [rows, A, H] in (-1, 1); of units that only fill up a width, 0. */
function randomStates(spec: NetworkSpec, rows: number, seed: number): Float32Array {
  const isUnit = spec.lstmHidden.flatMap((width) => {
    const units = Array.from({ length: paddedWidth(width) }, (_, unit) => unit < width)
    return [...units, ...units]
  })
  const length = rows * spec.agentCount * recurrentStateSize(spec)
  const word = new Uint32Array(4)
  return Float32Array.from({ length }, (_, i) => {
    philox([seed, 98], [i, 0, 0, 0], word)
    return isUnit[i % isUnit.length] ? word[0] / 2 ** 31 - 1 : 0
  })
}

/** Weights large enough that the policies are not uniform; every vector of a layer has entries other than 0 and 1. */
function loudParameters(spec: NetworkSpec, seed: number): Float32Array {
  const parameters = initialiseParameters(spec, seed).map((weight) => (Math.abs(weight) < 0.02 ? 40 * weight : weight))
  const { slices, parametersPerAgent } = parameterLayout(spec)
  for (const { name, shape, offset, length } of slices) {
    if (shape.length > 1) continue
    const [trunk, kind, layer] = name.split('.')
    const hidden = (trunk === 'policy' ? spec.policyHidden : spec.valueHidden)!
    const outputs = trunk === 'policy' ? length : valueOutputCount(spec)
    const width = kind === 'headBias' ? outputs : (kind === 'lstmBias' ? spec.lstmHidden : hidden)[Number(layer)]
    const stride = kind === 'headBias' ? length : paddedWidth(width)
    for (let agent = 0; agent < spec.agentCount; agent++) {
      const from = agent * parametersPerAgent + offset
      // What fills up a width stays 0.
      for (let i = 0; i < length; i++) if (i % stride < width) parameters[from + i] += 0.02 * ((i % 7) - 2)
    }
  }
  return parameters
}

describe('act', () => {
  it('equals a plain float64 forward pass', () => {
    fc.assert(
      fc.property(cases, ({ spec, rows, seed }) => {
        const parameters = loudParameters(spec, seed)
        const inputs = randomInputs(spec, rows, seed)
        const recurrentState = randomStates(spec, rows, seed)
        const result = run({ spec, parameters, inputs, recurrentState, seed })
        expect(result).toMatchObject({ status: 0, keptToScratch: true })
        if (spec.valueHidden !== null) expect(result.evaluated).toEqual(result.values)
        expect(result.evaluatedState).toEqual(recurrentState)
        const size = recurrentStateSize(spec)
        // About forty of them: the oracle is slow.
        const stride = Math.ceil((rows * spec.agentCount) / 40)
        for (let entry = seed % stride; entry < rows * spec.agentCount; entry += stride) {
          const [row, agent] = [Math.floor(entry / spec.agentCount), entry % spec.agentCount]
          const own = rowOf(spec, inputs, row)
          const state = recurrentState.subarray(entry * size, (entry + 1) * size)
          const oracle = forwardOracle({ spec, parameters, agent, ...own, state })
          for (let i = 0; i < size; i++) {
            expect(result.recurrentState[entry * size + i]).toBeCloseTo(oracle.state[i], 5)
            const isPolicy = spec.valueHidden === null || i < size / 2
            expect(result.greedyState[entry * size + i]).toBe(
              isPolicy ? result.recurrentState[entry * size + i] : state[i],
            )
          }
          for (let a = 0; a < 4; a++) expect(result.probabilities[4 * entry + a]).toBeCloseTo(oracle.policy[a], 4)
          const chosen = result.sampled[entry]
          expect(result.logProbs[entry]).toBeCloseTo(Math.log(oracle.policy[chosen]), 3)
          const outputs = valueOutputCount(spec)
          for (const [i, output] of (oracle.critic ?? []).entries()) {
            expect(result.values[entry * outputs + i]).toBeCloseTo(output, 3)
          }
          expect(result.scores[entry]).toBeCloseTo(oracle.policy[1] + oracle.policy[2], 4)
          const best = Math.max(...result.probabilities.subarray(4 * entry, 4 * entry + 4))
          expect(result.probabilities[4 * entry + result.greedy[entry]]).toBe(best)
        }
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('gives a row the same bits whatever rows are beside it', () => {
    fc.assert(
      fc.property(cases, ({ spec, rows, seed }) => {
        const parameters = loudParameters(spec, seed)
        const inputs = randomInputs(spec, rows, seed)
        const recurrentState = randomStates(spec, rows, seed)
        const all = run({ spec, parameters, inputs, recurrentState })
        const row = seed % rows
        const size = spec.agentCount * recurrentStateSize(spec)
        const alone = run({
          spec,
          parameters,
          inputs: { rows: 1, ...rowOf(spec, inputs, row) },
          recurrentState: recurrentState.slice(row * size, (row + 1) * size),
        })
        const from = row * spec.agentCount
        expect(alone.scores).toEqual(all.scores.slice(from, from + spec.agentCount))
        expect(alone.recurrentState).toEqual(all.recurrentState.slice(row * size, (row + 1) * size))
        expect(alone.probabilities).toEqual(all.probabilities.slice(4 * from, 4 * (from + spec.agentCount)))
        const outputs = valueOutputCount(spec)
        expect(alone.values).toEqual(all.values.slice(outputs * from, outputs * (from + spec.agentCount)))
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('samples each action with its probability', () => {
    const spec: NetworkSpec = {
      agentCount: 2,
      denseSize: 3,
      vocabularySizes: [],
      policyHidden: [8],
      valueHidden: null,
      layerNorm: false,
      lstmHidden: [],
      constraintCount: 0,
    }
    const rows = 8192
    const dense = new Float32Array(rows * 3).fill(1)
    const parameters = loudParameters(spec, 3)
    const result = run({ spec, parameters, inputs: { rows, dense, categories: new Uint16Array(0) } })
    for (let agent = 0; agent < 2; agent++) {
      const counts = [0, 0, 0, 0]
      for (let row = 0; row < rows; row++) counts[result.sampled[2 * row + agent]]++
      for (let a = 0; a < 4; a++) {
        const p = result.probabilities[4 * agent + a]
        expect(Math.abs(counts[a] / rows - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / rows) + 1e-9)
      }
    }
  })

  it('draws by seed and step', () => {
    const spec: NetworkSpec = {
      agentCount: 4,
      denseSize: 1,
      vocabularySizes: [],
      policyHidden: [8],
      valueHidden: null,
      layerNorm: false,
      lstmHidden: [],
      constraintCount: 0,
    }
    const inputs = { rows: 200, dense: new Float32Array(200).fill(0.5), categories: new Uint16Array(0) }
    const parameters = initialiseParameters(spec, 1)
    const first = run({ spec, parameters, inputs, seed: 1, step: 5 }).sampled
    expect(run({ spec, parameters, inputs, seed: 1, step: 5 }).sampled).toEqual(first)
    expect(run({ spec, parameters, inputs, seed: 2, step: 5 }).sampled).not.toEqual(first)
    expect(run({ spec, parameters, inputs, seed: 1, step: 6 }).sampled).not.toEqual(first)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('reports weights of %s', (bad) => {
    const spec: NetworkSpec = {
      agentCount: 1,
      denseSize: 1,
      vocabularySizes: [],
      policyHidden: [8],
      valueHidden: null,
      layerNorm: false,
      lstmHidden: [],
      constraintCount: 0,
    }
    const parameters = initialiseParameters(spec, 1)
    parameters[parameters.length - 1] = bad
    const inputs = { rows: 1, dense: new Float32Array([1]), categories: new Uint16Array(0) }
    expect(run({ spec, parameters, inputs }).status).toBe(1)
  })
})
