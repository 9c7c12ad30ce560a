/**
 * f32 matrix products, 128-bit SIMD, register blocks of 4 rows x 8 columns.
 *
 * Every output element is init + a_0 b_0 + a_1 b_1 + ... in ascending k, each product rounded before it is added, in
 * the wide kernels and in their remainders alike: a row's result does not depend on which rows are computed with it.
 * No relaxed SIMD, so every machine gives the same bits.
 */

/** a b + c, rounded twice. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c)
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
  const aStride = (<usize>k) << 2
  const rowStride = (<usize>n) << 2
  const floor = relu ? f32x4.splat(0) : f32x4.splat(-Infinity)
  let column = 0
  for (; column + 8 <= n; column += 8) {
    const at = (<usize>column) << 2
    let row = 0
    for (; row + 4 <= m; row += 4) {
      block4x8(
        a + <usize>row * aStride,
        aStride,
        b + at,
        rowStride,
        init + <usize>row * initStride + at,
        initStride,
        c + <usize>row * rowStride + at,
        k,
        floor,
      )
    }
    for (; row < m; row++) {
      block1x8(
        a + <usize>row * aStride,
        b + at,
        rowStride,
        init + <usize>row * initStride + at,
        c + <usize>row * rowStride + at,
        k,
        floor,
      )
    }
  }
  if (column < n) {
    const at = (<usize>column) << 2
    let row = 0
    for (; row + 4 <= m; row += 4) {
      block4x4(
        a + <usize>row * aStride,
        aStride,
        b + at,
        rowStride,
        init + <usize>row * initStride + at,
        initStride,
        c + <usize>row * rowStride + at,
        k,
        floor,
      )
    }
    for (; row < m; row++) {
      block1x4(
        a + <usize>row * aStride,
        b + at,
        rowStride,
        init + <usize>row * initStride + at,
        c + <usize>row * rowStride + at,
        k,
        floor,
      )
    }
  }
}

@inline
function block4x8(
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  init: usize,
  initStride: usize,
  c: usize,
  k: i32,
  floor: v128,
): void {
  let a0 = a
  let a1 = a0 + aStride
  let a2 = a1 + aStride
  let a3 = a2 + aStride
  let from = init
  let c00 = v128.load(from)
  let c01 = v128.load(from, 16)
  from += initStride
  let c10 = v128.load(from)
  let c11 = v128.load(from, 16)
  from += initStride
  let c20 = v128.load(from)
  let c21 = v128.load(from, 16)
  from += initStride
  let c30 = v128.load(from)
  let c31 = v128.load(from, 16)
  for (let i = 0; i < k; i++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const x0 = v128.load32_splat(a0)
    const x1 = v128.load32_splat(a1)
    const x2 = v128.load32_splat(a2)
    const x3 = v128.load32_splat(a3)
    c00 = multiplyAdd(x0, b0, c00)
    c01 = multiplyAdd(x0, b1, c01)
    c10 = multiplyAdd(x1, b0, c10)
    c11 = multiplyAdd(x1, b1, c11)
    c20 = multiplyAdd(x2, b0, c20)
    c21 = multiplyAdd(x2, b1, c21)
    c30 = multiplyAdd(x3, b0, c30)
    c31 = multiplyAdd(x3, b1, c31)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    b += bStride
  }
  let to = c
  v128.store(to, f32x4.max(c00, floor))
  v128.store(to, f32x4.max(c01, floor), 16)
  to += bStride
  v128.store(to, f32x4.max(c10, floor))
  v128.store(to, f32x4.max(c11, floor), 16)
  to += bStride
  v128.store(to, f32x4.max(c20, floor))
  v128.store(to, f32x4.max(c21, floor), 16)
  to += bStride
  v128.store(to, f32x4.max(c30, floor))
  v128.store(to, f32x4.max(c31, floor), 16)
}

@inline
function block1x8(a: usize, b: usize, bStride: usize, init: usize, c: usize, k: i32, floor: v128): void {
  let c0 = v128.load(init)
  let c1 = v128.load(init, 16)
  for (let i = 0; i < k; i++) {
    const x = v128.load32_splat(a)
    c0 = multiplyAdd(x, v128.load(b), c0)
    c1 = multiplyAdd(x, v128.load(b, 16), c1)
    a += 4
    b += bStride
  }
  v128.store(c, f32x4.max(c0, floor))
  v128.store(c, f32x4.max(c1, floor), 16)
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
  floor: v128,
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
  v128.store(c, f32x4.max(c0, floor))
  v128.store(c + bStride, f32x4.max(c1, floor))
  v128.store(c + 2 * bStride, f32x4.max(c2, floor))
  v128.store(c + 3 * bStride, f32x4.max(c3, floor))
}

@inline
function block1x4(a: usize, b: usize, bStride: usize, init: usize, c: usize, k: i32, floor: v128): void {
  let c0 = v128.load(init)
  for (let i = 0; i < k; i++) {
    c0 = multiplyAdd(v128.load32_splat(a), v128.load(b), c0)
    a += 4
    b += bStride
  }
  v128.store(c, f32x4.max(c0, floor))
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
