import {
  LAYER_NORM_EPSILON,
  type NetworkSpec,
  type ParameterSlice,
  paddedWidth,
  parameterLayout,
  recurrentStateSize,
} from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { embeddingSum } from './embedding-sum.ts'

/** One of the networks that an agent consists of. */
export type Trunk = {
  readonly name: 'policy' | 'value'
  /** Its tensors in the order of the layout; each agent's numbers of a trunk lie together. */
  readonly slices: readonly ParameterSlice[]
  readonly parameterCount: number
  /** Widths of its hidden layers as the spec has them, not padded. */
  readonly hidden: readonly number[]
  /** Where the state of its first LSTM layer lies in an agent's recurrent state. */
  readonly stateOffset: number
}

/** Inputs of B events, which all agents see. */
export type NetworkInput = {
  /** [1, B, denseSize] */
  readonly dense: tf.Tensor3D
  /** [B * C] int32 rows of the embedding table; null without categorical columns */
  readonly entries: tf.Tensor1D | null
  /** null for a feed-forward network */
  readonly recurrence: RecurrentInput | null
}

/** The events are the steps of L lanes, row = t * L + lane. */
export type RecurrentInput = {
  /** T tensors [1, L, 1]: 0 for lanes where an episode begins, 1 for the others */
  readonly keep: readonly tf.Tensor[]
  /** [A, L, H] state before the first step */
  readonly recurrentState: tf.Tensor3D
}

type Weights = { readonly [name: string]: tf.Tensor }

/** The policy, and the critic where the spec has one. */
export function trunksOf(spec: NetworkSpec): Trunk[] {
  const { slices } = parameterLayout(spec)
  const trunk = (name: Trunk['name'], hidden: readonly number[], stateOffset: number): Trunk => {
    const own = slices.filter((slice) => slice.name.startsWith(`${name}.`))
    const parameterCount = own.reduce((sum, { length }) => sum + length, 0)
    return { name, slices: own, parameterCount, hidden, stateOffset }
  }
  const policy = trunk('policy', spec.policyHidden, 0)
  return spec.valueHidden === null ? [policy] : [policy, trunk('value', spec.valueHidden, recurrentStateSize(spec) / 2)]
}

/**
 * Outputs of one trunk of every agent, by the equations of `NetworkSpec`. The products are batched over the agents,
 * [A, B, inputs] x [A, inputs, width].
 *
 * @param parameters [A, N], the trunk's numbers
 * @returns [A, B, columns of the head]
 */
export function trunkOutputs(options: {
  readonly spec: NetworkSpec
  readonly trunk: Trunk
  readonly parameters: tf.Tensor2D
  readonly input: NetworkInput
}): tf.Tensor3D {
  const { spec, trunk, input } = options
  const weights = unpack(trunk, options.parameters)
  const activation = (sums: tf.Tensor, layer: number) =>
    tf.relu(spec.layerNorm ? normalised(sums, weights, { layer, width: trunk.hidden[layer] }) : sums)

  let h = activation(firstSums(weights, input), 0)
  for (let layer = 1; layer < trunk.hidden.length; layer++) {
    h = activation(affine(h, weights[`dense.${layer}`], weights[`bias.${layer}`]), layer)
  }
  let stateOffset = trunk.stateOffset
  for (const [layer, width] of spec.lstmHidden.map(paddedWidth).entries()) {
    h = lstm(h, weights, { layer, width, stateOffset, recurrence: input.recurrence! })
    stateOffset += 2 * width
  }
  return affine(h, weights.head, weights.headBias) as tf.Tensor3D
}

/** [A, N] -> [A, ...shape] by name, for instance `dense.1`; without the tensors that hold nothing. */
function unpack(trunk: Trunk, parameters: tf.Tensor2D): Weights {
  const slices = trunk.slices.filter(({ length }) => length > 0)
  const lengths = slices.map(({ length }) => length)
  const parts = tf.split(parameters, lengths, 1)
  return Object.fromEntries(
    slices.map(({ name, shape }, index) => [
      name.slice(trunk.name.length + 1),
      tf.reshape(parts[index], [parameters.shape[0], ...shape]),
    ]),
  )
}

/** x W + b: [A, B, inputs] or [1, B, inputs], [A, inputs, width], [A, width] -> [A, B, width] */
function affine(x: tf.Tensor, matrix: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return tf.add(tf.matMul(x, matrix), tf.expandDims(bias, 1))
}

/** z_1 = x W_0 + sum_c E[entry_c] + b_0; a part without inputs is left out. */
function firstSums(weights: Weights, { dense, entries }: NetworkInput): tf.Tensor {
  const bias = weights['bias.0']
  const sums = dense.shape[2] === 0 ? tf.expandDims(bias, 1) : affine(dense, weights['dense.0'], bias)
  return entries === null ? sums : tf.add(sums, embeddingSum(weights.embedding, entries, dense.shape[1]))
}

/**
 * Layer normalisation (arXiv:1607.06450, eq. 4), the means over the units of a row:
 *
 *   norm(z) = gain (z - mean(z)) / sqrt(mean((z - mean(z))^2) + epsilon) + shift
 *
 * @param sums          z [A, B, padded width], 0 in padded units
 * @param options.width of the units, at most that of z: those after it are padding and stay 0
 */
function normalised(sums: tf.Tensor, weights: Weights, options: { layer: number; width: number }): tf.Tensor {
  const { layer, width } = options
  const mean = (values: tf.Tensor) => tf.div(tf.sum(values, 2, true), width)
  const isUnit = tf.cast(tf.less(tf.range(0, sums.shape[2]!), width), 'float32')
  const centred = tf.mul(tf.sub(sums, mean(tf.mul(sums, isUnit))), isUnit)
  const deviation = tf.sqrt(tf.add(mean(tf.square(centred)), LAYER_NORM_EPSILON))
  const scaled = tf.mul(tf.div(centred, deviation), tf.expandDims(weights[`gain.${layer}`], 1))
  return tf.add(scaled, tf.expandDims(weights[`shift.${layer}`], 1))
}

/**
 * An LSTM layer over whole segments, by the equations of `NetworkSpec`.
 *
 * @param x [A, T * L, inputs]
 * @returns [A, T * L, width]
 */
function lstm(
  x: tf.Tensor,
  weights: Weights,
  options: { layer: number; width: number; stateOffset: number; recurrence: RecurrentInput },
): tf.Tensor {
  const { layer, width, stateOffset, recurrence } = options
  const { keep, recurrentState } = recurrence
  const [agentCount, laneCount] = recurrentState.shape
  const part = (from: number): tf.Tensor => tf.slice(recurrentState, [0, 0, from], [agentCount, laneCount, width])
  const inputs = affine(x, weights[`lstmInput.${layer}`], weights[`lstmBias.${layer}`])

  let [h, c] = [part(stateOffset), part(stateOffset + width)]
  // The gradient of a split into one piece fails.
  const steps = keep.length === 1 ? [inputs] : tf.split(inputs, keep.length, 1)
  const outputs = steps.map((input, step) => {
    const sums = tf.add(input, tf.matMul(tf.mul(h, keep[step]), weights[`lstmRecurrent.${layer}`]))
    const [i, f, g, o] = tf.split(sums, 4, 2)
    c = tf.add(tf.mul(tf.sigmoid(f), tf.mul(c, keep[step])), tf.mul(tf.sigmoid(i), tf.tanh(g)))
    h = tf.mul(tf.sigmoid(o), tf.tanh(c))
    return h
  })
  return tf.concat(outputs, 1)
}
