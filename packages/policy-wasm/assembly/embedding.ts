/** The first layer's sum over categorical columns, and its gradient: no zero of a one-hot vector is multiplied. */
import { embeddingRow, Plan } from './plan'

/**
 * out[row] = bias + sum over the columns of the row's embedding, in column order.
 *
 * Blocks of 16 units go over all rows, so that the block's part of the embedding stays in the cache.
 */
export function embeddingSum(
  plan: Plan,
  embedding: usize,
  bias: usize,
  categories: usize,
  rows: i32,
  width: i32,
  out: usize,
): void {
  const columns = plan.columnCount
  const widthBytes = (<usize>width) << 2
  let block: usize = 0
  for (; block + 64 <= widthBytes; block += 64) {
    let category = categories
    for (let row = 0; row < rows; row++) {
      let s0 = v128.load(bias + block)
      let s1 = v128.load(bias + block, 16)
      let s2 = v128.load(bias + block, 32)
      let s3 = v128.load(bias + block, 48)
      for (let column = 0; column < columns; column++) {
        const from = embedding + <usize>embeddingRow(plan, column, load<u16>(category)) * widthBytes + block
        s0 = f32x4.add(s0, v128.load(from))
        s1 = f32x4.add(s1, v128.load(from, 16))
        s2 = f32x4.add(s2, v128.load(from, 32))
        s3 = f32x4.add(s3, v128.load(from, 48))
        category += 2
      }
      const to = out + <usize>row * widthBytes + block
      v128.store(to, s0)
      v128.store(to, s1, 16)
      v128.store(to, s2, 32)
      v128.store(to, s3, 48)
    }
  }
  if (block < widthBytes) {
    let category = categories
    for (let row = 0; row < rows; row++) {
      let s0 = v128.load(bias + block)
      let s1 = v128.load(bias + block, 16)
      for (let column = 0; column < columns; column++) {
        const from = embedding + <usize>embeddingRow(plan, column, load<u16>(category)) * widthBytes + block
        s0 = f32x4.add(s0, v128.load(from))
        s1 = f32x4.add(s1, v128.load(from, 16))
        category += 2
      }
      const to = out + <usize>row * widthBytes + block
      v128.store(to, s0)
      v128.store(to, s1, 16)
    }
  }
}

/**
 * embedding[offset_c + category_c] += dZ, for each column row after row: one column's embedding stays in the cache. An
 * embedding row belongs to one column, so its sum is in the order of the rows.
 */
export function addEmbeddingGradient(
  plan: Plan,
  categories: usize,
  dZ: usize,
  rows: i32,
  width: i32,
  embedding: usize,
): void {
  const columns = plan.columnCount
  const widthBytes = (<usize>width) << 2
  for (let column = 0; column < columns; column++) {
    let category = categories + ((<usize>column) << 1)
    let from = dZ
    for (let row = 0; row < rows; row++) {
      let to = embedding + <usize>embeddingRow(plan, column, load<u16>(category)) * widthBytes
      const end = from + widthBytes
      for (; from < end; from += 32) {
        // Both before the first store, for V8 to pack (./product-blocks).
        const low = f32x4.add(v128.load(to), v128.load(from))
        const high = f32x4.add(v128.load(to, 16), v128.load(from, 16))
        v128.store(to, low)
        v128.store(to, high, 16)
        to += 32
      }
      category += (<usize>columns) << 1
    }
  }
}
