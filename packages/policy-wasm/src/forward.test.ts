import { philox } from '@vigil/random'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compilePolicy, instantiatePolicy, type PolicyExports } from './module.ts'
import { columnOffsets, initialiseParameters, type NetworkSpec, parameterLayout } from './network.ts'
import { planWords, scratchBytes, writePlan } from './plan.ts'

let memory: WebAssembly.Memory
let policy: PolicyExports

beforeAll(async () => {
  memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true })
  policy = instantiatePolicy(await compilePolicy(), memory)
})

type Inputs = { readonly rows: number; readonly dense: Float32Array; readonly categories: Uint16Array }

/** Runs the module on `inputs`; every buffer is poisoned first, so that a value not written shows. */
function run(options: { spec: NetworkSpec; parameters: Float32Array; inputs: Inputs; seed?: number; step?: number }) {
  const { spec, parameters, inputs } = options
  const entries = inputs.rows * spec.agentCount
  let next = 65536
  const place = (bytes: number) => {
    const at = next
    next = Math.ceil((next + bytes) / 16) * 16
    return at
  }
  new Uint8Array(memory.buffer).fill(0xff, 65536)
  const plan = place(planWords(spec) * 4)
  writePlan(spec, new Int32Array(memory.buffer, plan, planWords(spec)))
  const weights = place(parameters.byteLength)
  new Float32Array(memory.buffer, weights, parameters.length).set(parameters)
  const x = place(inputs.dense.byteLength)
  new Float32Array(memory.buffer, x, inputs.dense.length).set(inputs.dense)
  const categories = place(inputs.categories.byteLength)
  new Uint16Array(memory.buffer, categories, inputs.categories.length).set(inputs.categories)
  const scratch = place(scratchBytes(spec))
  const steps = place(8 * inputs.rows)
  new Uint32Array(memory.buffer, steps, 2 * inputs.rows).fill(options.step ?? 0)
  const [actions, logProbs] = [place(entries), place(4 * entries)]
  const [probabilities, values, scores] = [place(16 * entries), place(4 * entries), place(4 * entries)]
  const common = [plan, weights, x, categories, inputs.rows, scratch] as const
  const status = policy.act(...common, options.seed ?? 1, 0, steps, 8, actions, logProbs, probabilities, values)
  const copy = <T extends Uint8Array | Float32Array>(view: T): T => view.slice() as T
  const sampled = copy(new Uint8Array(memory.buffer, actions, entries))
  const result = {
    status,
    sampled,
    logProbs: copy(new Float32Array(memory.buffer, logProbs, entries)),
    values: copy(new Float32Array(memory.buffer, values, entries)),
    probabilities: copy(new Float32Array(memory.buffer, probabilities, 4 * entries)),
  }
  policy.actGreedily(...common, actions, scores, probabilities)
  return {
    ...result,
    greedy: copy(new Uint8Array(memory.buffer, actions, entries)),
    scores: copy(new Float32Array(memory.buffer, scores, entries)),
  }
}

const width = fc.integer({ min: 1, max: 5 }).map((n) => 8 * n)
const specs: fc.Arbitrary<NetworkSpec> = fc.record({
  agentCount: fc.integer({ min: 1, max: 6 }),
  denseSize: fc.integer({ min: 1, max: 13 }),
  vocabularySizes: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
  policyHidden: fc.array(width, { minLength: 1, maxLength: 3 }),
  valueHidden: fc.option(fc.array(width, { minLength: 1, maxLength: 3 })),
  layerNorm: fc.constant(false),
  lstmHidden: fc.constant([]),
})
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

/** Weights large enough that the policies are not uniform. */
function loudParameters(spec: NetworkSpec, seed: number): Float32Array {
  return initialiseParameters(spec, seed).map((weight, i) =>
    Math.abs(weight) < 0.02 ? 40 * weight + 0.01 * (i % 7) : weight,
  )
}

describe('act', () => {
  it('equals a plain float64 forward pass', () => {
    fc.assert(
      fc.property(cases, ({ spec, rows, seed }) => {
        const parameters = loudParameters(spec, seed)
        const inputs = randomInputs(spec, rows, seed)
        const result = run({ spec, parameters, inputs, seed })
        expect(result.status).toBe(0)
        for (let entry = 0; entry < rows * spec.agentCount; entry++) {
          const [row, agent] = [Math.floor(entry / spec.agentCount), entry % spec.agentCount]
          const oracle = forwardOracle({ spec, parameters, inputs, row, agent })
          for (let a = 0; a < 4; a++) expect(result.probabilities[4 * entry + a]).toBeCloseTo(oracle.policy[a], 4)
          const chosen = result.sampled[entry]
          expect(result.logProbs[entry]).toBeCloseTo(Math.log(oracle.policy[chosen]), 3)
          if (oracle.value !== null) expect(result.values[entry]).toBeCloseTo(oracle.value, 3)
          expect(result.scores[entry]).toBeCloseTo(oracle.policy[1] + oracle.policy[2], 4)
          const best = Math.max(...result.probabilities.subarray(4 * entry, 4 * entry + 4))
          expect(result.probabilities[4 * entry + result.greedy[entry]]).toBe(best)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('gives a row the same bits whatever rows are beside it', () => {
    fc.assert(
      fc.property(cases, ({ spec, rows, seed }) => {
        const parameters = loudParameters(spec, seed)
        const inputs = randomInputs(spec, rows, seed)
        const all = run({ spec, parameters, inputs })
        const row = seed % rows
        const columns = spec.vocabularySizes.length
        const alone = run({
          spec,
          parameters,
          inputs: {
            rows: 1,
            dense: inputs.dense.slice(row * spec.denseSize, (row + 1) * spec.denseSize),
            categories: inputs.categories.slice(row * columns, (row + 1) * columns),
          },
        })
        const from = row * spec.agentCount
        expect(alone.scores).toEqual(all.scores.slice(from, from + spec.agentCount))
        expect(alone.probabilities).toEqual(all.probabilities.slice(4 * from, 4 * (from + spec.agentCount)))
      }),
      { numRuns: 40 },
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
    }
    const parameters = initialiseParameters(spec, 1)
    parameters[parameters.length - 1] = bad
    const inputs = { rows: 1, dense: new Float32Array([1]), categories: new Uint16Array(0) }
    expect(run({ spec, parameters, inputs }).status).toBe(1)
  })
})

function forwardOracle(options: {
  spec: NetworkSpec
  parameters: Float32Array
  inputs: Inputs
  row: number
  agent: number
}) {
  const { spec, parameters, inputs, row, agent } = options
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const columns = spec.vocabularySizes.length
  const at = (name: string, i: number, j: number) => {
    const slice = slices.find((entry) => entry.name === name)!
    return parameters[agent * parametersPerAgent + slice.offset + i * (slice.shape[1] ?? 1) + j]
  }
  const affine = (x: number[], weights: string, bias: string, width: number) =>
    Array.from({ length: width }, (_, j) => x.reduce((sum, xi, i) => sum + xi * at(weights, i, j), at(bias, j, 0)))
  const trunk = (name: string, hidden: readonly number[], outputs: number) => {
    const x = [...inputs.dense.subarray(row * spec.denseSize, (row + 1) * spec.denseSize)]
    let h = affine(x, `${name}.dense.0`, `${name}.bias.0`, hidden[0])
    for (const [c, offset] of columnOffsets(spec).entries()) {
      h = h.map((sum, j) => sum + at(`${name}.embedding`, offset + inputs.categories[row * columns + c], j))
    }
    h = h.map((v) => Math.max(0, v))
    for (let layer = 1; layer < hidden.length; layer++) {
      h = affine(h, `${name}.dense.${layer}`, `${name}.bias.${layer}`, hidden[layer]).map((v) => Math.max(0, v))
    }
    return affine(h, `${name}.head`, `${name}.headBias`, outputs)
  }
  const logits = trunk('policy', spec.policyHidden, 4)
  const largest = Math.max(...logits)
  const mass = logits.map((v) => Math.exp(v - largest))
  const total = mass.reduce((sum, v) => sum + v, 0)
  return {
    policy: mass.map((v) => v / total),
    value: spec.valueHidden === null ? null : trunk('value', spec.valueHidden, 1)[0],
  }
}
