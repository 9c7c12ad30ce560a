import { columnOffsets, type NetworkSpec, totalVocabulary } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { TeamArithmetic } from './team-arithmetic.ts'

/**
 * One agent at a time, for the `wasm` backend: its fast kernels (XNNPACK) serve only untransposed products of two
 * matrices, so transposes are explicit and sums over rows are products with ones. XNNPACK keeps the packed form of a
 * right-hand matrix as long as the tensor lives, so dy is packed once for its weight and bias gradients. The sum of
 * embedding rows and its gradient are both a SparseSegmentSum, which multiplies no zeros.
 */
export function xnnpackArithmetic(spec: NetworkSpec): TeamArithmetic {
  return {
    groupSize: 1,
    paddedRowCount,
    categoricalInput: (categorical, size) => {
      const pairs = embeddingPairs(spec, categorical, size)
      const byRow = { rows: tf.tensor1d(pairs.rows, 'int32'), entries: tf.tensor1d(pairs.entries, 'int32') }
      const byEntry = {
        rows: tf.tensor1d(pairs.rowsByEntry, 'int32'),
        entries: tf.tensor1d(pairs.entriesByEntry, 'int32'),
      }
      const sum = (values: tf.Tensor, indices: tf.Tensor1D, segments: tf.Tensor1D) =>
        tf.expandDims(tf.sparse.sparseSegmentSum(tf.squeeze<tf.Tensor2D>(values, [0]), indices, segments), 0)
      return {
        embeddingSum: (table) => sum(table, byRow.entries, byRow.rows),
        embeddingGradient: (dSum) => sum(dSum, byEntry.rows, byEntry.entries),
      }
    },
    unpack: (flat, shapes) => {
      // A slice on this backend copies all of its source first, so the pieces are cut from one copy.
      const values = flat.dataSync()
      const [agentCount, width] = flat.shape
      return Array.from({ length: agentCount }, (_, agent) => {
        let from = agent * width
        return shapes.map((shape) => {
          const length = tf.util.sizeFromShape([...shape])
          from += length
          // The fused kernel takes a bias of rank 1 only, and looks at the shape that the tensor was made with.
          return tf.tensor(values.subarray(from - length, from), shape.length === 1 ? [length] : [1, ...shape])
        })
      })
    },
    product: (x, weights) => tf.matMul(x, weights),
    // The input on the right: it is packed once for all agents and trunks.
    inputWeightGradient: (x, dy) => transpose(tf.matMul(transpose(dy), x)),
    dense: (h, weights, bias, activation) => tf.fused.matMul({ a: h, b: weights, bias, activation }),
    weightGradient: (h, dy) => tf.matMul(transpose(h), dy),
    inputGradient: (weights) => {
      const transposed = transpose(weights)
      return (dy) => tf.matMul(dy, transposed)
    },
    biasGradient: (dy) => tf.squeeze(tf.matMul(tf.ones([1, 1, dy.shape[1]!]), dy), [1]),
    splitSteps: (rows, { stepCount, laneCount }) => {
      // As in `unpack`: cut from one copy.
      const values = rows.dataSync()
      const width = rows.shape[2]!
      const length = laneCount * width
      return Array.from({ length: stepCount }, (_, step) =>
        tf.tensor(values.subarray(step * length, (step + 1) * length), [1, laneCount, width]),
      )
    },
  }
}

function transpose(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 2, 1])
}

/**
 * At least one row more than B, and never a multiple of 64: the transpose writes columns R values apart, and where
 * those fall into few sets of the first-level cache it is twenty times slower ([1024, 128]: 0.85 ms, [1040, 128]: 0.04 ms).
 */
function paddedRowCount(size: number): number {
  const rowCount = 16 * Math.ceil((size + 1) / 16)
  return rowCount % 64 === 0 ? rowCount + 16 : rowCount
}

/**
 * The (row, embedding entry) pairs of a minibatch twice: ordered by row, and ordered by entry then row. Each list
 * ends with one more pair (a padding row of weight 0, the last row or entry), because SparseSegmentSum makes its
 * output only as long as the last segment.
 *
 * @returns four arrays [B * C + 1]
 */
function embeddingPairs(
  spec: NetworkSpec,
  categorical: Uint16Array,
  size: number,
): { rows: Int32Array; entries: Int32Array; rowsByEntry: Int32Array; entriesByEntry: Int32Array } {
  const offsets = columnOffsets(spec)
  const columnCount = offsets.length
  const vocabulary = totalVocabulary(spec)
  const pairCount = size * columnCount
  const rows = new Int32Array(pairCount + 1)
  const entries = new Int32Array(pairCount + 1)
  const next = new Int32Array(vocabulary + 1)
  for (let row = 0, at = 0; row < size; row++) {
    for (let column = 0; column < columnCount; column++, at++) {
      const entry = offsets[column] + categorical[at]
      rows[at] = row
      entries[at] = entry
      next[entry + 1]++
    }
  }
  for (let entry = 0; entry < vocabulary; entry++) next[entry + 1] += next[entry]
  const rowsByEntry = new Int32Array(pairCount + 1)
  const entriesByEntry = new Int32Array(pairCount + 1)
  for (let at = 0; at < pairCount; at++) {
    const place = next[entries[at]]++
    rowsByEntry[place] = rows[at]
    entriesByEntry[place] = entries[at]
  }
  rows[pairCount] = paddedRowCount(size) - 1
  rowsByEntry[pairCount] = paddedRowCount(size) - 1
  entriesByEntry[pairCount] = vocabulary - 1
  return { rows, entries, rowsByEntry, entriesByEntry }
}
