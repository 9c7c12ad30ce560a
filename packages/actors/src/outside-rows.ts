/** The inputs of rows that lie outside the WebAssembly memory, which ends at 4 GiB. */

import type { Dataset } from '@vigil/data'

/** The inputs of a dataset in memory that threads share: buffers, since views of more than 4 GiB lose length between threads. */
export type OutsideRows = {
  /** f32 [N, D] */
  readonly dense: SharedArrayBuffer
  /** u16 [N, C] */
  readonly categorical: SharedArrayBuffer
  readonly denseCount: number
  readonly columnCount: number
  /** K, inputs behind those of the row */
  readonly contextSize: number
}

/** Writes the inputs of some rows where the policy reads them; all are bytes of the WebAssembly memory. See assembly/team.ts. */
export type CopyRows = (count: number, rows: number, x: number, categories: number) => void

/** The inputs as threads can share them: those of the dataset itself where it was loaded so. */
export function shareRows(dataset: Dataset, contextSize: number): OutsideRows {
  const { dense, categorical } = dataset
  return {
    dense: sharedBuffer(dense),
    categorical: sharedBuffer(categorical),
    denseCount: dataset.denseNames.length,
    columnCount: dataset.categoricalColumns.length,
    contextSize,
  }
}

/** What rollout.wasm calls once for each step of a shard. Rows are short: copied number by number they cost least. */
export function createCopyRows(outside: OutsideRows, memory: WebAssembly.Memory): CopyRows {
  const { denseCount: D, columnCount: C, contextSize: K } = outside
  const dense = new Float32Array(outside.dense)
  const categorical = new Uint16Array(outside.categorical)
  const words = new Uint32Array(memory.buffer)
  const floats = new Float32Array(memory.buffer)
  const halves = new Uint16Array(memory.buffer)
  return (count, rows, x, categories) => {
    // Addresses beyond 2 GiB arrive as negative numbers.
    const rowsAt = rows >>> 2
    let to = x >>> 2
    let categoryTo = (categories >>> 0) / 2
    for (let i = 0; i < count; i++, to += K) {
      const row = words[rowsAt + i]
      for (let from = row * D; from < (row + 1) * D; from++) floats[to++] = dense[from]
      for (let from = row * C; from < (row + 1) * C; from++) halves[categoryTo++] = categorical[from]
    }
  }
}

/** Of rows that lie in the WebAssembly memory. */
export const copyNoRows: CopyRows = () => {
  throw new TypeError('rows were asked for that lie in the memory')
}

/** The buffer of an array, or of a copy where it is not shared or holds more than the array. */
function sharedBuffer({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): SharedArrayBuffer {
  if (buffer instanceof SharedArrayBuffer && buffer.byteLength === byteLength) return buffer
  const copy = new SharedArrayBuffer(byteLength)
  new Uint8Array(copy).set(new Uint8Array(buffer, byteOffset, byteLength))
  return copy
}
