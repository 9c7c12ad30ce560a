import { writeBlock } from '@vigil/blocks'
import { beforeEach, describe, expect, it } from 'vitest'
import { POLICY_STATISTICS, STATISTICS_BYTES, UPDATE, type UpdateFields, VALUE_STATISTICS } from './blocks.ts'
import { compilePolicy, instantiatePolicy, type PolicyExports } from './module.ts'
import { type NetworkSpec, parameterLayout } from './network.ts'
import { networkPlanBytes, writeNetworkPlan } from './plan.ts'

/** One dense input and one column; every weight 0.1, so that all units of a layer are alike and sums have closed forms. */
const SPEC: NetworkSpec = {
  agentCount: 1,
  denseSize: 1,
  vocabularySizes: [3],
  policyHidden: [8],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}
const ROWS = 5
const SLICES = 2
const WEIGHT = 0.1
const VALUE_COEF = 0.7
const CONSTRAINT_COEF = 0.3
const BETA_1_REST = 0.1

let memory: WebAssembly.Memory
let policy: PolicyExports

beforeEach(async () => {
  memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
  policy = instantiatePolicy(await compilePolicy(), memory)
})

const X = [1, 2, -1, 0.5, 3]
const CATEGORIES = [0, 2, 0, 2, 2]
const TARGETS = [1, -1, 0, 2, 0.5]

/** Of one specification, [ROWS] each. */
type Constraints = { readonly costTargets: readonly number[] }

/** Runs one PPO update with advantages of 0 and returns what it left behind. */
function update(
  changes: Partial<UpdateFields> = {},
  weights = [1, 1, 1, 1, 1],
  constraints: Constraints | null = null,
) {
  const spec: NetworkSpec = { ...SPEC, constraintCount: constraints === null ? 0 : 1 }
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const agentStride = 4 * (parametersPerAgent + 7)
  new Uint8Array(memory.buffer).fill(0, 65536)
  let next = 65536
  const place = (bytes: number) => {
    const at = next
    next = Math.ceil((next + bytes) / 64) * 64
    return at
  }
  const floats = (values: readonly number[]) => {
    const at = place(4 * values.length)
    new Float32Array(memory.buffer, at, values.length).set(values)
    return at
  }
  const plan = place(networkPlanBytes(spec))
  writeNetworkPlan(spec, { buffer: memory.buffer, at: plan })
  const categorical = place(2 * ROWS)
  new Uint16Array(memory.buffer, categorical, ROWS).set(CATEGORIES)
  const zeros = Array.from({ length: ROWS }, () => 0)
  const count = weights.reduce((sum, weight) => sum + weight, 0)
  const fields: UpdateFields = {
    plan,
    parameters: floats(Array.from({ length: parametersPerAgent }, () => WEIGHT)),
    firstMoment: place(agentStride),
    secondMoment: place(agentStride),
    inputMask: 0,
    gradients: place(SLICES * agentStride),
    agentStride,
    sliceCount: SLICES,
    stepCount: 1,
    laneCount: ROWS,
    sliceLanes: 3,
    rowCount: ROWS,
    trunkCount: 2,
    supervised: 0,
    storedCount: ROWS,
    storedRows: 0,
    dense: floats(X),
    categorical,
    resets: 0,
    recurrentState: 0,
    accepted: 0,
    actions: place(ROWS),
    oldLogProbs: floats(zeros.map(() => Math.log(0.25))),
    advantages: floats(zeros),
    valueTargets: floats(TARGETS),
    weights: floats(weights),
    costTargets: floats(constraints?.costTargets ?? []),
    direct: 0,
    rowShares: floats([1 / count]),
    statistics: place(2 * SLICES * STATISTICS_BYTES),
    gradientNorms: place(16),
    gradientScales: place(16),
    progress: place(12),
    clipLow: 0.8,
    clipHigh: 1.2,
    clipEpsilon: 0.2,
    entropyCoef: 0,
    valueCoef: VALUE_COEF,
    constraintCoef: CONSTRAINT_COEF,
    maxNormPolicy: 1e9,
    maxNormValue: 1e9,
    beta1: 0.9,
    beta1Rest: BETA_1_REST,
    beta2: 0.999,
    beta2Rest: 0.001,
    stepSize: 0.01,
    epsilon: 0,
    ...changes,
  }
  new Int32Array(memory.buffer, fields.progress, 3).set([0, SLICES, SLICES])
  const at = place(UPDATE.bytes)
  writeBlock(UPDATE, { buffer: memory.buffer, at }, fields)
  const workspace = place(0)
  policy.layOutWorkspace(plan, workspace, 1)
  policy.learn(at, workspace)
  const tensor = (start: number, name: string) => {
    const { offset, length } = slices.find((slice) => slice.name === name)!
    return Array.from(new Float32Array(memory.buffer, start + 4 * offset, length))
  }
  const figures = new DataView(
    memory.buffer.slice(fields.statistics, fields.statistics + 2 * SLICES * STATISTICS_BYTES),
  )
  const statistic = (trunk: number, offset: number) =>
    sum(
      Array.from({ length: SLICES }, (_, slice) =>
        figures.getFloat64((trunk * SLICES + slice) * STATISTICS_BYTES + offset, true),
      ),
    )
  return {
    gradient: (name: string) => tensor(fields.firstMoment, name).map((moment) => moment / BETA_1_REST),
    parameters: (name: string) => tensor(fields.parameters, name),
    /** Sums over the slices. */
    policySum: (name: keyof typeof POLICY_STATISTICS.offsets) => statistic(0, POLICY_STATISTICS.offsets[name]),
    valueSum: (name: keyof typeof VALUE_STATISTICS.offsets) => statistic(1, VALUE_STATISTICS.offsets[name]),
    norms: new Float64Array(memory.buffer, fields.gradientNorms, 2).slice(),
  }
}

/** Of the value trunk: h = relu(0.1 x + 0.2) in every unit, V = 0.8 h + 0.1, d = valueCoef 2 (V - target) / rows. */
function expected(rows: readonly number[]) {
  return rows.map((row) => {
    const h = Math.max(0, WEIGHT * X[row] + 2 * WEIGHT)
    const error = 8 * WEIGHT * h + WEIGHT - TARGETS[row]
    return { row, h, error, d: (2 * VALUE_COEF * error) / rows.length }
  })
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const all = (length: number, value: number) => Array.from({ length }, () => expect.closeTo(value, 5))

describe('learn', () => {
  it.each([
    ['all rows', [1, 1, 1, 1, 1]],
    ['rows of weight 1 alone', [0, 1, 1, 0, 1]],
  ])('has the value gradient of the closed form: %s', (_, weights) => {
    const rows = expected([0, 1, 2, 3, 4].filter((row) => weights[row] === 1))
    const { gradient, valueSum, norms } = update({}, weights)
    const dHidden = rows.map(({ h, d }) => (h > 0 ? WEIGHT * d : 0))
    expect(gradient('value.headBias')).toEqual(all(1, sum(rows.map(({ d }) => d))))
    expect(gradient('value.head')).toEqual(all(8, sum(rows.map(({ h, d }) => h * d))))
    expect(gradient('value.bias.0')).toEqual(all(8, sum(dHidden)))
    expect(gradient('value.dense.0')).toEqual(all(8, sum(rows.map(({ row }, i) => X[row] * dHidden[i]))))
    const embedding = [0, 1, 2].flatMap((category) =>
      all(8, sum(rows.map(({ row }, i) => (CATEGORIES[row] === category ? dHidden[i] : 0)))),
    )
    expect(gradient('value.embedding')).toEqual(embedding)
    expect(valueSum('valueLoss')).toBeCloseTo(sum(rows.map(({ error }) => error ** 2)), 5)
    const names = ['embedding', 'dense.0', 'bias.0', 'head', 'headBias'].map((name) => `value.${name}`)
    expect(norms[1]).toBeCloseTo(Math.hypot(...names.flatMap(gradient)), 5)
  })

  it('has the gradients of the cost values of the closed form', () => {
    const weights = [0, 1, 1, 0, 1]
    const costTargets = [0.5, 2, 0, 1, 3]
    const { gradient, valueSum } = update({}, weights, { costTargets })
    // Every output of the head has the same weights: 0.8 h + 0.1.
    const rows = expected([1, 2, 4]).map((own) => {
      const output = 8 * WEIGHT * own.h + WEIGHT
      const costError = output - costTargets[own.row]
      return { ...own, costError, dCost: (2 * CONSTRAINT_COEF * costError) / 3 }
    })
    const columns = rows.map(({ d, dCost }) => [d, dCost, 0, 0])
    const biases = [0, 1, 2, 3].map((column) => sum(columns.map((row) => row[column])))
    expect(gradient('value.headBias')).toEqual(biases.map((bias) => expect.closeTo(bias, 5)))
    const head = [0, 1, 2, 3].map((column) => sum(rows.map(({ h }, i) => h * columns[i][column])))
    expect(gradient('value.head')).toEqual(Array.from({ length: 32 }, (_, at) => expect.closeTo(head[at % 4], 5)))
    const dHidden = rows.map(({ h }, i) => (h > 0 ? WEIGHT * sum(columns[i]) : 0))
    expect(gradient('value.bias.0')).toEqual(all(8, sum(dHidden)))
    expect(valueSum('valueLoss')).toBeCloseTo(sum(rows.map(({ error }) => error ** 2)), 5)
    expect(valueSum('costValueLoss')).toBeCloseTo(sum(rows.map(({ costError }) => costError ** 2)), 5)
  })

  it('leaves a policy without advantages where it is, at ln 4 of entropy', () => {
    const { parameters, policySum, norms } = update({ epsilon: 1e-5 })
    expect(parameters('policy.head')).toEqual(Array.from({ length: 32 }, () => Math.fround(WEIGHT)))
    expect(norms[0]).toBe(0)
    expect(policySum('entropy')).toBeCloseTo(ROWS * Math.log(4), 5)
  })

  it('moves each parameter by the step size at first, against its gradient', () => {
    // m / sqrt(v) = 0.1 g / sqrt(0.001 g^2) = sqrt(10) sign(g)
    const { parameters, gradient } = update()
    const moved = parameters('value.headBias')[0] - WEIGHT
    expect(moved).toBeCloseTo(-Math.sign(gradient('value.headBias')[0]) * 0.01 * Math.sqrt(10), 5)
  })

  it('clips the norm of a trunk', () => {
    const free = update()
    const norm = free.norms[1]
    const gradient = free.gradient('value.head')[0]
    const clipped = update({ maxNormValue: 0.01 })
    expect(clipped.norms[1]).toBe(norm)
    expect(clipped.gradient('value.head')[0]).toBeCloseTo((gradient * 0.01) / norm, 7)
  })
})
