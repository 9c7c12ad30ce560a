import { tf } from '@vigil/tfjs'

/**
 * Sum of the embedding rows of each event: table [A, V, width] -> [A, B, width].
 *
 * The gradient is stated by hand: that of `tf.gather` is an UnsortedSegmentSum, for which `wasm` has no kernel. A scatter adds
 * the same rows, and all backends have it.
 *
 * @param table   [A, V, width]
 * @param entries [B * C] int32 rows of the table, the same for all agents
 * @param size    B
 */
export function embeddingSum(table: tf.Tensor, entries: tf.Tensor1D, size: number): tf.Tensor {
  const [agentCount, vocabulary, width] = table.shape as [number, number, number]
  const columnCount = entries.size / size
  const sumOfRows = tf.customGrad((rows) => ({
    value: tf.sum(tf.reshape(tf.gather(rows as tf.Tensor, entries, 1), [agentCount, size, columnCount, width]), 2),
    gradFunc: (dSum: tf.Tensor) => {
      const byEvent = tf.reshape(tf.transpose(dSum, [1, 0, 2]), [size, 1, agentCount * width])
      const byEntry = tf.reshape(tf.tile(byEvent, [1, columnCount, 1]), [size * columnCount, agentCount * width])
      const dTable = tf.scatterND(tf.expandDims(entries, 1), byEntry, [vocabulary, agentCount * width])
      return tf.transpose(tf.reshape(dTable, [vocabulary, agentCount, width]), [1, 0, 2])
    },
  }))
  return sumOfRows(table)
}
