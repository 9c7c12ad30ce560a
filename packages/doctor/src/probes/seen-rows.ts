import type { Dataset } from '@vigil/data'

/**
 * Which rows have the very inputs of some training row. Rows are compared by 53 bits of a hash of their inputs: among a
 * million training rows one of ten thousand others would be taken for seen by mistake once in a million such data sets.
 *
 * @param rows rows of the dataset
 * @returns [n] 1 = seen
 */
export function seenRows(dataset: Dataset, rows: Uint32Array): Uint8Array {
  const hashOf = rowHash(dataset)
  // A Set ends at 16 million, and takes several times the memory.
  const seen = Float64Array.from(dataset.splits.train.rows, hashOf).sort()
  return Uint8Array.from(rows, (row) => (isAmong(seen, hashOf(row)) ? 1 : 0))
}

/** Whether a number is one of those, which ascend. */
function isAmong(sorted: Float64Array, wanted: number): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < wanted) low = middle + 1
    else high = middle
  }
  return sorted[low] === wanted
}

/** Two FNV-1a-like hashes of a row's inputs with different multipliers, 53 bits together. */
function rowHash({ dense, categorical, denseNames, categoricalColumns }: Dataset): (row: number) => number {
  const D = denseNames.length
  const C = categoricalColumns.length
  const words = new Uint32Array(dense.buffer, dense.byteOffset, dense.length)
  return (row) => {
    let low = 0x811c9dc5
    let high = 0x9747b28c
    const mix = (word: number) => {
      low = Math.imul(low ^ word, 0x01000193)
      low ^= low >>> 15
      high = Math.imul(high ^ word, 0x85ebca6b)
      high ^= high >>> 13
    }
    for (let d = 0; d < D; d++) mix(words[row * D + d])
    for (let c = 0; c < C; c++) mix(categorical[row * C + c])
    return (high >>> 11) * 2 ** 32 + (low >>> 0)
  }
}
