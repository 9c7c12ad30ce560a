import * as tf from '@tensorflow/tfjs'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import type { CategoricalInput, TeamArithmetic, TrunkTensors } from './team-arithmetic.ts'

/** One tensor of a trunk. */
type TrunkSlice = { readonly name: string; readonly shape: readonly number[]; readonly length: number }

/** One of the two networks of an agent: where its parameters lie in the agent's block. */
export type Trunk = {
  /** In the order of the layout: embedding [V, H_1] unless V is 0, input [denseSize + 1, H_1], dense.1, bias.1, ... */
  readonly slices: readonly TrunkSlice[]
  /** First parameter of the trunk in the agent's block. */
  readonly offset: number
  readonly parameterCount: number
  /** Hidden layers, >= 1. */
  readonly layerCount: number
}

/** Inputs of a minibatch; R rows, of which the last may be padding. */
export type NetworkInput = {
  /** [1, R, denseSize + 1], the last column is 1 */
  readonly dense: tf.Tensor
  /** null where there are no categorical columns */
  readonly categorical: CategoricalInput | null
}

/** Activations of one group that the backward pass needs. */
type ForwardPass = {
  /** h_1 .. h_L, each [G, R, H_l] */
  readonly hidden: readonly tf.Tensor[]
  /** [G, R, outputs], the head without a nonlinearity */
  readonly output: tf.Tensor
}

/** The policy trunk of the spec, and the value trunk or null. */
export function trunksOf(spec: NetworkSpec): { policy: Trunk; value: Trunk | null } {
  const { slices } = parameterLayout(spec)
  const trunk = (name: string, layerCount: number): Trunk => {
    const own = slices.filter((slice) => slice.name.startsWith(`${name}.`))
    return {
      slices: mergeInput(own.map((slice) => ({ ...slice, name: slice.name.slice(name.length + 1) }))),
      offset: own[0].offset,
      parameterCount: own.reduce((sum, slice) => sum + slice.length, 0),
      layerCount,
    }
  }
  return {
    policy: trunk('policy', spec.policyHidden.length),
    value: spec.valueHidden === null ? null : trunk('value', spec.valueHidden.length),
  }
}

/**
 * dense.0 [denseSize, H_1] and bias.0 [H_1], which are neighbours in the layout, as one matrix input
 * [denseSize + 1, H_1]: the bias is the weight of a constant input, so both have one product and one gradient.
 */
function mergeInput(slices: readonly TrunkSlice[]): TrunkSlice[] {
  return slices.flatMap((slice) => {
    if (slice.name === 'dense.0') {
      const [denseSize, width] = slice.shape
      return [{ name: 'input', shape: [denseSize + 1, width], length: (denseSize + 1) * width }]
    }
    return slice.name === 'bias.0' || slice.length === 0 ? [] : [slice]
  })
}

/**
 * Runs one trunk of every agent.
 *
 * @param options parameters are [A, N]
 * @returns the output [A, R, outputs] and, given the gradient of a loss with respect to it (0 in rows of padding),
 *     the gradient [A, N] with respect to the parameters
 */
export function runTrunk(options: {
  readonly arithmetic: TeamArithmetic
  readonly trunk: Trunk
  readonly parameters: tf.Tensor2D
  readonly input: NetworkInput
}): { output: tf.Tensor3D; gradient: (dOutput: tf.Tensor3D) => tf.Tensor2D } {
  const { arithmetic, trunk, parameters, input } = options
  const weights = unpackTrunk(arithmetic, trunk, parameters)
  const passes = weights.map((group) => forward({ arithmetic, trunk, input, weights: group }))
  const output = tf.concat(
    passes.map((pass) => pass.output),
    0,
  ) as tf.Tensor3D
  const gradient = (dOutput: tf.Tensor3D) => {
    const dOutputs = tf.split(dOutput, weights.length, 0)
    const groups = weights.map((group, index) =>
      backward({ arithmetic, trunk, input, weights: group }, passes[index], dOutputs[index]),
    )
    return packTrunk(trunk, groups)
  }
  return { output, gradient }
}

/** Parameters [A, N] -> tensors by name, one record per group. */
function unpackTrunk(arithmetic: TeamArithmetic, trunk: Trunk, parameters: tf.Tensor2D): TrunkTensors[] {
  const shapes = trunk.slices.map((slice) => slice.shape)
  return arithmetic
    .unpack(parameters, shapes)
    .map((tensors) => Object.fromEntries(trunk.slices.map((slice, index) => [slice.name, tensors[index]])))
}

/** The inverse of `unpackTrunk`. */
function packTrunk(trunk: Trunk, groups: readonly TrunkTensors[]): tf.Tensor2D {
  const rows = groups.map((tensors) =>
    tf.concat(
      trunk.slices.map((slice) => tf.reshape(tensors[slice.name], [-1, slice.length])),
      1,
    ),
  )
  return tf.concat(rows, 0) as tf.Tensor2D
}

/** One group's trunk on a minibatch. */
type GroupTrunk = {
  readonly arithmetic: TeamArithmetic
  readonly trunk: Trunk
  readonly input: NetworkInput
  readonly weights: TrunkTensors
}

/** h_1 = relu(x W_0 + sum_c E[offset_c + category_c] + b_0),  h_l = relu(h_{l-1} W_{l-1} + b_{l-1}),  y = h_L W_head + b_head */
function forward(group: GroupTrunk): ForwardPass {
  const { arithmetic, trunk, weights } = group
  const hidden = [firstLayer(group)]
  for (let layer = 1; layer < trunk.layerCount; layer++) {
    hidden.push(arithmetic.dense(hidden[layer - 1], weights[`dense.${layer}`], weights[`bias.${layer}`], 'relu'))
  }
  return { hidden, output: arithmetic.dense(hidden[trunk.layerCount - 1], weights.head, weights.headBias, 'linear') }
}

function firstLayer({ arithmetic, weights, input }: GroupTrunk): tf.Tensor {
  const dense = arithmetic.inputDense(input.dense, weights.input)
  const sum = input.categorical === null ? dense : tf.add(dense, input.categorical.embeddingSum(weights.embedding))
  return tf.relu(sum)
}

/**
 * Back-propagation through `forward`, by hand so that each product takes its backend's fast form. There is no
 * gradient with respect to the inputs.
 *
 * @param dOutput [G, R, outputs]
 * @returns gradients by slice name
 */
function backward(group: GroupTrunk, pass: ForwardPass, dOutput: tf.Tensor): TrunkTensors {
  const { arithmetic, trunk, input, weights } = group
  const { hidden } = pass
  const last = trunk.layerCount - 1
  const gradients: { [slice: string]: tf.Tensor } = {
    head: arithmetic.weightGradient(hidden[last], dOutput),
    headBias: arithmetic.biasGradient(dOutput),
  }
  // relu'(z) is 1 where relu(z) > 0
  let dSum = tf.mul(arithmetic.hiddenGradient(dOutput, weights.head), tf.step(hidden[last]))
  for (let layer = last; layer > 0; layer--) {
    gradients[`dense.${layer}`] = arithmetic.weightGradient(hidden[layer - 1], dSum)
    gradients[`bias.${layer}`] = arithmetic.biasGradient(dSum)
    dSum = tf.mul(arithmetic.hiddenGradient(dSum, weights[`dense.${layer}`]), tf.step(hidden[layer - 1]))
  }
  gradients.input = arithmetic.inputWeightGradient(input.dense, dSum)
  if (input.categorical !== null) gradients.embedding = input.categorical.embeddingGradient(dSum)
  return gradients
}
