import { columnOffsets, type NetworkSpec, totalVocabulary } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { TeamArithmetic } from './team-arithmetic.ts'

/**
 * All agents in one batched product, [A, B, I] x [A, I, O]: one kernel for the team. The sum of embedding rows is a
 * product with the one-hot inputs, because the `tensorflow` backend has no kernel for sparse sums and a GPU does not
 * notice the zeros.
 */
export function batchedArithmetic(spec: NetworkSpec): TeamArithmetic {
  const offsets = columnOffsets(spec)
  const vocabulary = totalVocabulary(spec)
  return {
    groupSize: spec.agentCount,
    paddedRowCount: (size) => size,
    categoricalInput: (categorical, size) => {
      const ones = new Float32Array(size * vocabulary)
      for (let row = 0, at = 0; row < size; row++) {
        for (let column = 0; column < offsets.length; column++, at++) {
          ones[row * vocabulary + offsets[column] + categorical[at]] = 1
        }
      }
      const oneHot = tf.tensor3d(ones, [1, size, vocabulary])
      return {
        embeddingSum: (table) => tf.matMul(oneHot, table),
        embeddingGradient: (dSum) => tf.matMul(oneHot, dSum, true, false),
      }
    },
    unpack: (flat, shapes) => {
      const parts = tf.split(
        flat,
        shapes.map((shape) => tf.util.sizeFromShape([...shape])),
        1,
      )
      return [parts.map((part, index) => tf.reshape(part, [spec.agentCount, ...shapes[index]]))]
    },
    product: (x, weights) => tf.matMul(x, weights),
    inputWeightGradient: (x, dy) => tf.matMul(x, dy, true, false),
    dense: (h, weights, bias, activation) => {
      const y = tf.add(tf.matMul(h, weights), tf.expandDims(bias, 1))
      return activation === 'relu' ? tf.relu(y) : y
    },
    weightGradient: (h, dy) => tf.matMul(h, dy, true, false),
    inputGradient: (weights) => (dy) => tf.matMul(dy, weights, false, true),
    biasGradient: (dy) => tf.sum(dy, 1),
    // This arithmetic has no rows of padding.
    splitSteps: (rows, { stepCount }) => tf.split(rows, stepCount, 1),
  }
}
