import { policyError } from './errors.ts'

/**
 * The team's network: A actor-critics of one shape, each with its own weights.
 *
 * A row is a dense part x of `denseSize` numbers and C categorical indices. The first layer is a dense product plus a
 * sum of embedding rows, which equals a product with [x | one-hot] without multiplying the zeros:
 *
 *   z_1 = x W_0 + sum_c E[offset_c + category_c] + b_0,  z_l = h_{l-1} W_{l-1} + b_{l-1},  h_l = relu(norm(z_l))
 *   y = u W_head + b_head, where u is h_L, or the last LSTM layer's output
 *
 * norm is the identity, or layer normalisation (arXiv:1607.06450, eq. 4) with gain and shift. An LSTM layer
 * (Hochreiter and Schmidhuber 1997, with forget gates) reads the layer below and its own state (h, c) of the step before:
 *
 *   [i f g o] = x W_input + h W_recurrent + b,  c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = sigmoid(o) tanh(c')
 *
 * The kernels work on blocks of eight columns. Widths are therefore rounded up to multiples of eight in memory; the
 * parameters of the units so added are zero and stay zero, because neither their outputs nor their gradients are ever
 * anything else.
 */
export type NetworkSpec = {
  /** A, 1 to 64. */
  readonly agentCount: number
  /** D + K: dense inputs of the dataset and context inputs of the environment. */
  readonly denseSize: number
  /** C vocabularies, each at least 1; index 0 of each is "unknown". */
  readonly vocabularySizes: readonly number[]
  /** Widths of the policy trunk. */
  readonly policyHidden: readonly number[]
  /** Widths of the separate value trunk; null = no critic. */
  readonly valueHidden: readonly number[] | null
  /** Whether the hidden layers are normalised before the ReLU. */
  readonly layerNorm: boolean
  /** Widths of the LSTM layers between the hidden layers and the head of each trunk; empty = a feed-forward network. */
  readonly lstmHidden: readonly number[]
  /**
   * S, specifications in force, 0 to 32; above 0 only with a critic. For each the value trunk's head has one output more,
   * see `valueOutputCount`.
   */
  readonly constraintCount: number
}

/** Number of actions: allow, block, quarantine, alert. */
export const ACTION_COUNT = 4

/** Limits that the WebAssembly plan block is laid out for. */
export const NETWORK_LIMITS = {
  agents: 64,
  layers: 8,
  width: 2048,
  columns: 256,
  denseSize: 4096,
  vocabulary: 65536,
  constraints: 32,
}

/** Epsilon under the root of layer normalisation. */
export const LAYER_NORM_EPSILON = 1e-5

/** One named tensor inside one agent's block of parameters, its widths padded; offset and length count f32 values. */
export type ParameterSlice = {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

/** Where each tensor of one agent lies; the team's parameters are [A, parametersPerAgent], agent-major. */
export type ParameterLayout = { readonly slices: readonly ParameterSlice[]; readonly parametersPerAgent: number }

/** A width in memory: the next multiple of eight. */
export function paddedWidth(width: number): number {
  return Math.ceil(width / 8) * 8
}

/** O = 1 + S, outputs of a critic: the value, and the cost value of each specification, its expected discounted cost. */
export function valueOutputCount(spec: NetworkSpec): number {
  return 1 + spec.constraintCount
}

/** Columns of the value head in memory: 1, or O rounded up to a multiple of four; those added stay at zero. */
export function valueHeadWidth(spec: NetworkSpec): number {
  return spec.constraintCount === 0 ? 1 : Math.ceil(valueOutputCount(spec) / 4) * 4
}

/**
 * H, values (f32) of one agent's recurrent state: of the policy trunk, then of the value trunk, for each LSTM layer h and
 * then c, [paddedWidth] each. 0 for a feed-forward network.
 */
export function recurrentStateSize(spec: NetworkSpec): number {
  const trunks = spec.valueHidden === null ? 1 : 2
  return trunks * spec.lstmHidden.reduce((sum, width) => sum + 2 * paddedWidth(width), 0)
}

/**
 * The order of the tensors in one agent's block: policy trunk, then value trunk. In each the embedding; then weights and
 * bias of every hidden layer, with gain and shift where it is normalised; then input weights, recurrent weights and bias
 * of every LSTM layer, whose columns are the gates i, f, g, o; then the head.
 *
 * @throws {VigilError} NETWORK_SPEC when the spec breaks a limit
 */
export function parameterLayout(spec: NetworkSpec): ParameterLayout {
  assertNetworkSpec(spec)
  const slices: ParameterSlice[] = []
  let offset = 0
  const add = (name: string, shape: readonly number[]) => {
    const length = shape.reduce((product, size) => product * size, 1)
    slices.push({ name, shape, offset, length })
    offset += length
  }
  const addTrunk = (trunk: string, hidden: readonly number[], outputs: number) => {
    add(`${trunk}.embedding`, [totalVocabulary(spec), paddedWidth(hidden[0])])
    let inputs = spec.denseSize
    for (const [layer, width] of hidden.map(paddedWidth).entries()) {
      add(`${trunk}.dense.${layer}`, [inputs, width])
      add(`${trunk}.bias.${layer}`, [width])
      if (spec.layerNorm) add(`${trunk}.gain.${layer}`, [width])
      if (spec.layerNorm) add(`${trunk}.shift.${layer}`, [width])
      inputs = width
    }
    for (const [layer, width] of spec.lstmHidden.map(paddedWidth).entries()) {
      add(`${trunk}.lstmInput.${layer}`, [inputs, 4 * width])
      add(`${trunk}.lstmRecurrent.${layer}`, [width, 4 * width])
      add(`${trunk}.lstmBias.${layer}`, [4 * width])
      inputs = width
    }
    add(`${trunk}.head`, [inputs, outputs])
    add(`${trunk}.headBias`, [outputs])
  }
  addTrunk('policy', spec.policyHidden, ACTION_COUNT)
  if (spec.valueHidden !== null) addTrunk('value', spec.valueHidden, valueHeadWidth(spec))
  return { slices, parametersPerAgent: offset }
}

/** Sum of the vocabularies: rows of the embedding matrix. */
export function totalVocabulary(spec: NetworkSpec): number {
  return spec.vocabularySizes.reduce((sum, size) => sum + size, 0)
}

/** [C] first embedding row of each categorical column. */
export function columnOffsets(spec: NetworkSpec): number[] {
  const offsets: number[] = []
  let next = 0
  for (const size of spec.vocabularySizes) {
    offsets.push(next)
    next += size
  }
  return offsets
}

function assertNetworkSpec(spec: NetworkSpec): void {
  const check = (ok: boolean, field: string, requirement: string, received: unknown) => {
    if (!ok) throw policyError('NETWORK_SPEC', `${field} must be ${requirement}, but is ${received}.`)
  }
  const isSize = (value: number, minimum: number, maximum: number) =>
    Number.isInteger(value) && value >= minimum && value <= maximum
  const limit = NETWORK_LIMITS
  check(isSize(spec.agentCount, 1, limit.agents), 'agentCount', `an integer from 1 to ${limit.agents}`, spec.agentCount)
  check(
    isSize(spec.denseSize, 0, limit.denseSize),
    'denseSize',
    `an integer from 0 to ${limit.denseSize}`,
    spec.denseSize,
  )
  check(
    spec.vocabularySizes.length <= limit.columns,
    'vocabularySizes',
    `at most ${limit.columns} columns`,
    spec.vocabularySizes.length,
  )
  for (const size of spec.vocabularySizes) {
    check(isSize(size, 1, limit.vocabulary), 'vocabularySizes', `integers from 1 to ${limit.vocabulary}`, size)
  }
  const inputs = spec.denseSize + spec.vocabularySizes.length
  check(inputs > 0, 'denseSize plus categorical columns', 'at least 1 input', inputs)
  for (const [field, widths, fewest] of [
    ['policyHidden', spec.policyHidden, 1],
    ['valueHidden', spec.valueHidden ?? [8], 1],
    ['lstmHidden', spec.lstmHidden, 0],
  ] as const) {
    check(isSize(widths.length, fewest, limit.layers), field, `${fewest} to ${limit.layers} layers`, widths.length)
    for (const width of widths) check(isSize(width, 1, limit.width), field, `integers from 1 to ${limit.width}`, width)
  }
  const most = spec.valueHidden === null ? 0 : limit.constraints
  check(
    isSize(spec.constraintCount, 0, most),
    'constraintCount',
    most === 0 ? '0 without a critic (valueHidden is null)' : `an integer from 0 to ${most}`,
    spec.constraintCount,
  )
}
