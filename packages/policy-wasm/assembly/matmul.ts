/**
 * f32 matrix products, 128-bit SIMD, in the register blocks of ./product-blocks.
 *
 * Every output element is init + a_0 b_0 + a_1 b_1 + ... in ascending k, each product rounded before it is added, in
 * the wide kernels and in their remainders alike: a row's result does not depend on which rows are computed with it.
 * No relaxed SIMD, so every machine gives the same bits.
 */
import { multiply8, multiply16, multiplyAdd, outcome, rectify8, rectify16 } from './product-blocks'

/** Rows of B that fit a first-level cache of 12 ways where a row is 128 columns, and how many go at a time where there are more. */
const PART_ROWS_MAX = 96
const PART_ROWS = 64

/** Whether blocks are 16 columns wide: faster in vectors of 256 bits, slower in the sixteen registers of 128. */
export let hasWideBlocks: bool = false

/** By default blocks are narrow; the bits are the same. */
export function useWideBlocks(): void {
  hasWideBlocks = true
}

/**
 * C[M, N] = activation(init + A[M, K] B[K, N]), row-major.
 *
 * @param init       first row of the initial values: a bias (initStride 0) or C itself (initStride N * 4)
 * @param initStride bytes between rows of `init`
 * @param n          a multiple of 4
 * @param relu       1 = max(0, .), 0 = identity
 */
export function matmul(
  a: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  relu: i32,
): void {
  let column = 0
  if (hasWideBlocks && n >= 16) {
    multiplyWide(a, b, init, initStride, c, m, k, n, relu)
    column = n & -16
  }
  if (column + 8 <= n) {
    if (relu) rectify8(a, b, init, initStride, c, m, k, n, column)
    else multiply8(a, b, init, initStride, c, m, k, n, column)
    column = n & -8
  }
  if (column < n) lastColumns(a, b, init, initStride, c, m, k, n, <bool>relu)
}

/** Columns [0, n & -16) of `matmul`, in parts of k for which a block's columns of B stay in the first-level cache. */
function multiplyWide(
  a: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  relu: i32,
): void {
  const stride = (<usize>n) << 2
  const aStride = (<usize>k) << 2
  const part = k > PART_ROWS_MAX ? PART_ROWS : k
  let begin = 0
  for (; begin + part < k; begin += part) {
    multiply16(a, aStride, b, init, initStride, c, m, part, n)
    a += (<usize>part) << 2
    b += <usize>part * stride
    init = c
    initStride = stride
  }
  if (relu) rectify16(a, aStride, b, init, initStride, c, m, k - begin, n)
  else multiply16(a, aStride, b, init, initStride, c, m, k - begin, n)
}

/** The last four columns of `matmul`. */
function lastColumns(
  a: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  relu: bool,
): void {
  const aStride = (<usize>k) << 2
  const stride = (<usize>n) << 2
  const at = stride - 16
  let row = 0
  for (; row + 4 <= m; row += 4) {
    block4x4(
      a + <usize>row * aStride,
      aStride,
      b + at,
      stride,
      init + <usize>row * initStride + at,
      initStride,
      c + <usize>row * stride + at,
      k,
      relu,
    )
  }
  for (; row < m; row++) {
    block1x4(
      a + <usize>row * aStride,
      b + at,
      stride,
      init + <usize>row * initStride + at,
      c + <usize>row * stride + at,
      k,
      relu,
    )
  }
}

@inline
function block4x4(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  init: usize,
  initStride: usize,
  c: usize,
  k: i32,
  relu: bool,
): void {
  let a0 = a
  let a1 = a0 + aStride
  let a2 = a1 + aStride
  let a3 = a2 + aStride
  let c0 = v128.load(init)
  let c1 = v128.load(init + initStride)
  let c2 = v128.load(init + 2 * initStride)
  let c3 = v128.load(init + 3 * initStride)
  for (let i = 0; i < k; i++) {
    const row = v128.load(b)
    c0 = multiplyAdd(v128.load32_splat(a0), row, c0)
    c1 = multiplyAdd(v128.load32_splat(a1), row, c1)
    c2 = multiplyAdd(v128.load32_splat(a2), row, c2)
    c3 = multiplyAdd(v128.load32_splat(a3), row, c3)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    b += bStride
  }
  v128.store(c, outcome(c0, relu))
  v128.store(c + bStride, outcome(c1, relu))
  v128.store(c + 2 * bStride, outcome(c2, relu))
  v128.store(c + 3 * bStride, outcome(c3, relu))
}

@inline
function block1x4(a: usize, b: usize, bStride: usize, init: usize, c: usize, k: i32, relu: bool): void {
  let c0 = v128.load(init)
  for (let i = 0; i < k; i++) {
    c0 = multiplyAdd(v128.load32_splat(a), v128.load(b), c0)
    a += 4
    b += bStride
  }
  v128.store(c, outcome(c0, relu))
}

/**
 * A product with one column: out[row] = init + A[row] b, in ascending k like `matmul`. Four rows run side by side,
 * because one row's additions wait for each other.
 *
 * @param a         [m, k]
 * @param b         [k]
 * @param out       written at out + row * outStride
 * @param outStride bytes between rows of `out`
 */
export function multiplyColumn(a: usize, b: usize, init: f32, out: usize, outStride: usize, m: i32, k: i32): void {
  const bytes = (<usize>k) << 2
  let row = 0
  for (; row + 4 <= m; row += 4) {
    const a0 = a + <usize>row * bytes
    const a1 = a0 + bytes
    const a2 = a1 + bytes
    const a3 = a2 + bytes
    let c0 = init
    let c1 = init
    let c2 = init
    let c3 = init
    for (let i: usize = 0; i < bytes; i += 4) {
      const x = load<f32>(b + i)
      c0 += load<f32>(a0 + i) * x
      c1 += load<f32>(a1 + i) * x
      c2 += load<f32>(a2 + i) * x
      c3 += load<f32>(a3 + i) * x
    }
    const to = out + <usize>row * outStride
    store<f32>(to, c0)
    store<f32>(to + outStride, c1)
    store<f32>(to + 2 * outStride, c2)
    store<f32>(to + 3 * outStride, c3)
  }
  for (; row < m; row++) {
    const from = a + <usize>row * bytes
    let sum = init
    for (let i: usize = 0; i < bytes; i += 4) sum += load<f32>(from + i) * load<f32>(b + i)
    store<f32>(out + <usize>row * outStride, sum)
  }
}
