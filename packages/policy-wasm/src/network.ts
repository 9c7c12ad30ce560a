import { fillGaussian, randomStream } from '@vigil/random'
import { PolicyError } from './errors.ts'

/**
 * The team's network: A actor-critics of one shape, each with its own weights.
 *
 * A row is a dense part x of `denseSize` numbers and C categorical indices. The first layer is a dense product plus a
 * sum of embedding rows, which equals a product with [x | one-hot] without multiplying the zeros:
 *
 *   h_1 = relu(x W_0 + sum_c E[offset_c + category_c] + b_0),  h_l = relu(h_{l-1} W_{l-1} + b_{l-1}),  y = h_L W_head + b_head
 */
export type NetworkSpec = {
  /** A, 1 to 64. */
  readonly agentCount: number
  /** D + K: dense inputs of the dataset and context inputs of the environment. */
  readonly denseSize: number
  /** C vocabularies, each at least 1; index 0 of each is "unknown". */
  readonly vocabularySizes: readonly number[]
  /** Widths of the policy trunk, each a multiple of 8. */
  readonly policyHidden: readonly number[]
  /** Widths of the separate value trunk, each a multiple of 8; null = no critic. */
  readonly valueHidden: readonly number[] | null
}

/** Number of actions: allow, block, quarantine, alert. */
export const ACTION_COUNT = 4

/** Limits that the WebAssembly plan block is laid out for. */
export const NETWORK_LIMITS = { agents: 64, layers: 8, width: 2048, columns: 256, denseSize: 4096, vocabulary: 65536 }

/** One named tensor inside one agent's block of parameters; offset and length count f32 values. */
export type ParameterSlice = {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly length: number
}

/** Where each tensor of one agent lies; the team's parameters are [A, parametersPerAgent], agent-major. */
export type ParameterLayout = { readonly slices: readonly ParameterSlice[]; readonly parametersPerAgent: number }

/**
 * The order of the tensors in one agent's block: policy trunk, then value trunk; in each the embedding, then
 * weights and bias of every layer, then the head.
 *
 * @throws {PolicyError} NETWORK_SPEC when the spec breaks a limit
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
    add(`${trunk}.embedding`, [totalVocabulary(spec), hidden[0]])
    let inputs = spec.denseSize
    for (const [layer, width] of hidden.entries()) {
      add(`${trunk}.dense.${layer}`, [inputs, width])
      add(`${trunk}.bias.${layer}`, [width])
      inputs = width
    }
    add(`${trunk}.head`, [inputs, outputs])
    add(`${trunk}.headBias`, [outputs])
  }
  addTrunk('policy', spec.policyHidden, ACTION_COUNT)
  if (spec.valueHidden !== null) addTrunk('value', spec.valueHidden, 1)
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

/**
 * Orthogonal initialisation (arXiv:1312.6120) with the gains usual for PPO (arXiv:2005.12729): sqrt(2) for hidden
 * layers, 0.01 for the policy head, 1 for the value head, biases 0. Embedding and dense rows of a first layer are
 * drawn as one matrix, as they would be for one-hot inputs.
 *
 * @param seed u32; agent a draws from lane a of the stream `initialisation`
 * @returns [A, P], owned by the caller
 */
export function initialiseParameters(spec: NetworkSpec, seed: number): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const parameters = new Float32Array(spec.agentCount * parametersPerAgent)
  const slice = new Map(slices.map((entry) => [entry.name, entry]))
  let matrixIndex = 0
  for (let agent = 0; agent < spec.agentCount; agent++) {
    const block = parameters.subarray(agent * parametersPerAgent, (agent + 1) * parametersPerAgent)
    const fill = (names: readonly string[], gain: number) => {
      const parts = names.map((name) => slice.get(name)!)
      const rows = parts.reduce((sum, part) => sum + part.shape[0], 0)
      const matrix = orthogonalMatrix({ rows, columns: parts[0].shape[1], gain, seed, index: matrixIndex++ })
      let from = 0
      for (const part of parts) {
        block.set(matrix.subarray(from, from + part.length), part.offset)
        from += part.length
      }
    }
    const fillTrunk = (trunk: string, hidden: readonly number[], headGain: number) => {
      fill([`${trunk}.embedding`, `${trunk}.dense.0`], Math.SQRT2)
      for (let layer = 1; layer < hidden.length; layer++) fill([`${trunk}.dense.${layer}`], Math.SQRT2)
      fill([`${trunk}.head`], headGain)
    }
    fillTrunk('policy', spec.policyHidden, 0.01)
    if (spec.valueHidden !== null) fillTrunk('value', spec.valueHidden, 1)
  }
  return parameters
}

/** [rows, columns] with orthonormal rows or columns, whichever are fewer, times `gain`; modified Gram-Schmidt. */
function orthogonalMatrix(options: {
  rows: number
  columns: number
  gain: number
  seed: number
  index: number
}): Float32Array {
  const { rows, columns, gain } = options
  const count = Math.min(rows, columns)
  const length = Math.max(rows, columns)
  const basis = new Float64Array(count * length)
  const stream = randomStream(options.seed, 'initialisation')
  fillGaussian({ seed: stream.seed, stream: stream.stream + (options.index << 8) }, basis)
  for (let i = 0; i < count; i++) {
    const row = basis.subarray(i * length, (i + 1) * length)
    for (let j = 0; j < i; j++) {
      const other = basis.subarray(j * length, (j + 1) * length)
      let dot = 0
      for (let k = 0; k < length; k++) dot += row[k] * other[k]
      for (let k = 0; k < length; k++) row[k] -= dot * other[k]
    }
    let norm = 0
    for (let k = 0; k < length; k++) norm += row[k] * row[k]
    const scale = 1 / Math.sqrt(norm)
    for (let k = 0; k < length; k++) row[k] *= scale
  }
  const matrix = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      matrix[r * columns + c] = gain * (rows < columns ? basis[r * length + c] : basis[c * length + r])
    }
  }
  return matrix
}

function assertNetworkSpec(spec: NetworkSpec): void {
  const check = (ok: boolean, field: string, requirement: string, received: unknown) => {
    if (!ok) throw new PolicyError('NETWORK_SPEC', `${field} must be ${requirement}, but is ${received}.`)
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
  for (const [field, hidden] of [
    ['policyHidden', spec.policyHidden],
    ['valueHidden', spec.valueHidden ?? [8]],
  ] as const) {
    check(isSize(hidden.length, 1, limit.layers), field, `1 to ${limit.layers} layers`, hidden.length)
    for (const width of hidden) {
      check(
        isSize(width, 8, limit.width) && width % 8 === 0,
        field,
        `multiples of 8 from 8 to ${limit.width}, because the kernels work on blocks of eight columns`,
        width,
      )
    }
  }
}
