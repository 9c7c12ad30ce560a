import { tf } from '@vigil/tfjs'
import { firstLayer, headLayer, hiddenLayer } from './hidden-layer.ts'
import type { GroupTrunk, LayerPass, NetworkInput } from './layer-pass.ts'
import { lstmLayer } from './lstm-layer.ts'
import type { TeamArithmetic, TrunkTensors } from './team-arithmetic.ts'
import type { Trunk } from './trunk.ts'

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
  const passes = unpackTrunk(arithmetic, trunk, parameters).map((weights, groupIndex) =>
    forward({ arithmetic, trunk, input, groupIndex, weights }),
  )
  const outputs = passes.map((layers) => layers[layers.length - 1].output)
  const gradient = (dOutput: tf.Tensor3D) => {
    const dOutputs = tf.split(dOutput, passes.length, 0)
    return packTrunk(
      trunk,
      passes.map((layers, groupIndex) => backward(layers, dOutputs[groupIndex])),
    )
  }
  return { output: tf.concat(outputs, 0) as tf.Tensor3D, gradient }
}

/** The layers of one group from the first to the head, each on the output of the one before. */
function forward(group: GroupTrunk): LayerPass[] {
  const { trunk } = group
  const layers = [firstLayer(group)]
  const below = () => layers[layers.length - 1].output
  for (let layer = 1; layer < trunk.hidden.length; layer++) layers.push(hiddenLayer(group, layer, below()))
  for (let layer = 0; layer < trunk.lstm.length; layer++) layers.push(lstmLayer(group, layer, below()))
  layers.push(headLayer(group, below()))
  return layers
}

/**
 * @param dOutput [G, R, outputs] of the head
 * @returns gradients by slice name
 */
function backward(layers: readonly LayerPass[], dOutput: tf.Tensor): TrunkTensors {
  const gradients: { [slice: string]: tf.Tensor } = {}
  let dAbove: tf.Tensor | null = dOutput
  for (const layer of layers.toReversed()) {
    const step: ReturnType<LayerPass['backward']> = layer.backward(dAbove!)
    Object.assign(gradients, step.gradients)
    dAbove = step.dInput
  }
  return gradients
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
