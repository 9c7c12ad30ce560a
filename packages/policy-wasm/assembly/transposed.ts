/** Products and sums of the backward pass, in the same register blocks and order as ./matmul. */
import { hasWideBlocks } from './matmul'
import { sum8, sum16 } from './sum-blocks'

/** Rows that are summed before the sum is added to what is there: few enough to stay in the cache. */
const SUM_ROWS = 64

/**
 * C[K, N] += A[M, K]^T B[M, N], row-major. An element is C + (a_0 b_0 + a_1 b_1 + ...) in ascending m, in blocks of
 * SUM_ROWS.
 *
 * @param n a multiple of 8
 */
export function accumulateTransposed(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32): void {
  for (let row = 0; row < m; row += SUM_ROWS) {
    const rows = min(SUM_ROWS, m - row)
    let column = 0
    if (hasWideBlocks) {
      sum16(a, b, c, rows, k, n)
      column = n & -16
    }
    sum8(a, b, c, rows, k, n, column)
    a += (<usize>SUM_ROWS * k) << 2
    b += (<usize>SUM_ROWS * n) << 2
  }
}

/** out[N, M] = A[M, N]^T in blocks of 4 x 4; m and n are multiples of 4, or one of them is 1. */
export function transpose(a: usize, out: usize, m: i32, n: i32): void {
  if (m == 1 || n == 1) {
    memory.copy(out, a, (<usize>(m * n)) << 2)
    return
  }
  const inStride = (<usize>n) << 2
  const outStride = (<usize>m) << 2
  for (let row = 0; row < m; row += 4) {
    for (let column = 0; column < n; column += 4) {
      const from = a + <usize>row * inStride + ((<usize>column) << 2)
      const r0 = v128.load(from)
      const r1 = v128.load(from + inStride)
      const r2 = v128.load(from + 2 * inStride)
      const r3 = v128.load(from + 3 * inStride)
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
      const to = out + <usize>column * outStride + ((<usize>row) << 2)
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
      v128.store(to + outStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7))
      v128.store(to + 2 * outStride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5))
      v128.store(to + 3 * outStride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7))
    }
  }
}

/**
 * d *= (h > 0), the derivative of ReLU, and sums[N] += the column sums of the result, in ascending rows.
 *
 * @param h [m, n] activations
 * @param d [m, n] gradient, overwritten
 * @param n a multiple of 8
 */
export function maskAndSum(h: usize, d: usize, sums: usize, m: i32, n: i32): void {
  const stride = (<usize>n) << 2
  const zero = f32x4.splat(0)
  for (let at: usize = 0; at < stride; at += 32) {
    let low = zero
    let high = zero
    let from = h + at
    let to = d + at
    for (let row = 0; row < m; row++) {
      const d0 = v128.and(v128.load(to), f32x4.gt(v128.load(from), zero))
      const d1 = v128.and(v128.load(to, 16), f32x4.gt(v128.load(from, 16), zero))
      v128.store(to, d0)
      v128.store(to, d1, 16)
      low = f32x4.add(low, d0)
      high = f32x4.add(high, d1)
      from += stride
      to += stride
    }
    const low1 = f32x4.add(v128.load(sums + at), low)
    const high1 = f32x4.add(v128.load(sums + at, 16), high)
    v128.store(sums + at, low1)
    v128.store(sums + at, high1, 16)
  }
}

/** sums[N] += the column sums of D[M, N], in ascending rows; n is 1 or a multiple of 4. */
export function accumulateColumns(d: usize, sums: usize, m: i32, n: i32): void {
  if (n == 1) {
    let sum: f32 = 0
    for (let row = 0; row < m; row++) sum += load<f32>(d + ((<usize>row) << 2))
    store<f32>(sums, load<f32>(sums) + sum)
    return
  }
  const stride = (<usize>n) << 2
  for (let at: usize = 0; at < stride; at += 16) {
    let sum = f32x4.splat(0)
    let from = d + at
    for (let row = 0; row < m; row++, from += stride) sum = f32x4.add(sum, v128.load(from))
    v128.store(sums + at, f32x4.add(v128.load(sums + at), sum))
  }
}
