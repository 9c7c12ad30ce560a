import { tf } from '@vigil/tfjs'
import { layerNorm } from './layer-norm.ts'
import type { GroupTrunk, LayerPass } from './layer-pass.ts'

/** h_1 = relu(norm(x W_0 + sum_c E[offset_c + category_c] + b_0)); there is no gradient with respect to the inputs. */
export function firstLayer(group: GroupTrunk): LayerPass {
  const { arithmetic, weights, input } = group
  const dense = arithmetic.product(input.dense, weights.input)
  const sums = input.categorical === null ? dense : tf.add(dense, input.categorical.embeddingSum(weights.embedding))
  const active = group.trunk.layerNorm ? normalised(group, 0, sums) : rectified(tf.relu(sums))
  return {
    output: active.output,
    backward: (dOutput) => {
      const { dSums, gradients } = active.backward(dOutput)
      const embedding = input.categorical === null ? {} : { embedding: input.categorical.embeddingGradient(dSums) }
      return {
        gradients: { ...gradients, ...embedding, input: arithmetic.inputWeightGradient(input.dense, dSums) },
        dInput: null,
      }
    },
  }
}

/** h_l = relu(norm(h_{l-1} W_{l-1} + b_{l-1})) */
export function hiddenLayer(group: GroupTrunk, layer: number, below: tf.Tensor): LayerPass {
  const { arithmetic, weights } = group
  const matrix = weights[`dense.${layer}`]
  const bias = weights[`bias.${layer}`]
  const active = group.trunk.layerNorm
    ? normalised(group, layer, arithmetic.dense(below, matrix, bias, 'linear'))
    : rectified(arithmetic.dense(below, matrix, bias, 'relu'))
  return {
    output: active.output,
    backward: (dOutput) => {
      const { dSums, gradients } = active.backward(dOutput)
      return {
        gradients: {
          ...gradients,
          [`dense.${layer}`]: arithmetic.weightGradient(below, dSums),
          [`bias.${layer}`]: arithmetic.biasGradient(dSums),
        },
        dInput: arithmetic.inputGradient(matrix)(dSums),
      }
    },
  }
}

/** y = u W_head + b_head */
export function headLayer({ arithmetic, weights }: GroupTrunk, below: tf.Tensor): LayerPass {
  return {
    output: arithmetic.dense(below, weights.head, weights.headBias, 'linear'),
    backward: (dOutput) => ({
      gradients: {
        head: arithmetic.weightGradient(below, dOutput),
        headBias: arithmetic.biasGradient(dOutput),
      },
      dInput: arithmetic.inputGradient(weights.head)(dOutput),
    }),
  }
}

/** A layer's sums after normalisation and ReLU. */
type Active = {
  readonly output: tf.Tensor
  readonly backward: (dOutput: tf.Tensor) => { dSums: tf.Tensor; gradients: { [slice: string]: tf.Tensor } }
}

/** @param output relu of the sums */
function rectified(output: tf.Tensor): Active {
  // relu'(z) is 1 where relu(z) > 0
  return { output, backward: (dOutput) => ({ dSums: tf.mul(dOutput, tf.step(output)), gradients: {} }) }
}

function normalised({ arithmetic, trunk, weights }: GroupTrunk, layer: number, sums: tf.Tensor): Active {
  const [gain, shift] = [weights[`gain.${layer}`], weights[`shift.${layer}`]]
  const norm = layerNorm({ sums, gain, shift, width: trunk.hidden[layer] })
  const active = rectified(tf.relu(norm.output))
  return {
    output: active.output,
    backward: (dOutput) => {
      const dNorm = active.backward(dOutput).dSums
      return {
        dSums: norm.sumsGradient(dNorm),
        gradients: {
          [`gain.${layer}`]: arithmetic.biasGradient(tf.mul(dNorm, norm.standard)),
          [`shift.${layer}`]: arithmetic.biasGradient(dNorm),
        },
      }
    },
  }
}
