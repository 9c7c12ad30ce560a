/**
 * The inner loops of `matmul`, in register blocks of 4 rows by 16 or by 8 columns.
 *
 * V8 can pack pairs of neighbouring vectors into vectors of 256 bits (../src/revectoriser.ts). It begins at neighbouring
 * stores and packs what leads to them. For that, here and in ./sum-blocks: each loop is a function that the module exports,
 * so that it is not inlined; the floor of a ReLU is a constant; and all that is added to is loaded before the first store.
 */

/** a b + c, rounded twice. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c)
}

/** Columns [0, n & -16) of `matmul` without ReLU; bytes from row to row of A are given, so that k can be a part of one. */
export function multiply16(
  a: usize,
  aStride: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
): void {
  columns16(a, aStride, b, init, initStride, c, m, k, n, false)
}

/** Columns [0, n & -16) of `matmul` with ReLU. */
export function rectify16(
  a: usize,
  aStride: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
): void {
  columns16(a, aStride, b, init, initStride, c, m, k, n, true)
}

/** Columns [column, n & -8) of `matmul` without ReLU. */
export function multiply8(
  a: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  column: i32,
): void {
  columns8(a, b, init, initStride, c, m, k, n, column, false)
}

/** Columns [column, n & -8) of `matmul` with ReLU. */
export function rectify8(
  a: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  column: i32,
): void {
  columns8(a, b, init, initStride, c, m, k, n, column, true)
}

@inline
function columns16(
  a: usize,
  aStride: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  relu: bool,
): void {
  const stride = (<usize>n) << 2
  for (let at: usize = 0; at + 64 <= stride; at += 64) {
    let from = a
    let first = init + at
    let to = c + at
    let row = 0
    for (; row + 4 <= m; row += 4) {
      block4x16(from, aStride, b + at, stride, first, initStride, to, k, relu)
      from += aStride << 2
      first += initStride << 2
      to += stride << 2
    }
    for (; row < m; row++) {
      block1x16(from, b + at, stride, first, to, k, relu)
      from += aStride
      first += initStride
      to += stride
    }
  }
}

@inline
function columns8(
  a: usize,
  b: usize,
  init: usize,
  initStride: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  column: i32,
  relu: bool,
): void {
  const aStride = (<usize>k) << 2
  const stride = (<usize>n) << 2
  for (let at = (<usize>column) << 2; at + 32 <= stride; at += 32) {
    let from = a
    let first = init + at
    let to = c + at
    let row = 0
    for (; row + 4 <= m; row += 4) {
      block4x8(from, aStride, b + at, stride, first, initStride, to, k, relu)
      from += aStride << 2
      first += initStride << 2
      to += stride << 2
    }
    for (; row < m; row++) {
      block1x8(from, b + at, stride, first, to, k, relu)
      from += aStride
      first += initStride
      to += stride
    }
  }
}

@inline
export function outcome(sum: v128, relu: bool): v128 {
  return relu ? f32x4.max(sum, f32x4.splat(0)) : sum
}

@inline
function block4x16(
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
  const init1 = init + initStride
  const init2 = init1 + initStride
  const init3 = init2 + initStride
  let c00 = v128.load(init)
  let c01 = v128.load(init, 16)
  let c02 = v128.load(init, 32)
  let c03 = v128.load(init, 48)
  let c10 = v128.load(init1)
  let c11 = v128.load(init1, 16)
  let c12 = v128.load(init1, 32)
  let c13 = v128.load(init1, 48)
  let c20 = v128.load(init2)
  let c21 = v128.load(init2, 16)
  let c22 = v128.load(init2, 32)
  let c23 = v128.load(init2, 48)
  let c30 = v128.load(init3)
  let c31 = v128.load(init3, 16)
  let c32 = v128.load(init3, 32)
  let c33 = v128.load(init3, 48)
  let a0 = a
  let a1 = a0 + aStride
  let a2 = a1 + aStride
  let a3 = a2 + aStride
  for (let i = 0; i < k; i++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const b2 = v128.load(b, 32)
    const b3 = v128.load(b, 48)
    const x0 = v128.load32_splat(a0)
    c00 = multiplyAdd(x0, b0, c00)
    c01 = multiplyAdd(x0, b1, c01)
    c02 = multiplyAdd(x0, b2, c02)
    c03 = multiplyAdd(x0, b3, c03)
    const x1 = v128.load32_splat(a1)
    c10 = multiplyAdd(x1, b0, c10)
    c11 = multiplyAdd(x1, b1, c11)
    c12 = multiplyAdd(x1, b2, c12)
    c13 = multiplyAdd(x1, b3, c13)
    const x2 = v128.load32_splat(a2)
    c20 = multiplyAdd(x2, b0, c20)
    c21 = multiplyAdd(x2, b1, c21)
    c22 = multiplyAdd(x2, b2, c22)
    c23 = multiplyAdd(x2, b3, c23)
    const x3 = v128.load32_splat(a3)
    c30 = multiplyAdd(x3, b0, c30)
    c31 = multiplyAdd(x3, b1, c31)
    c32 = multiplyAdd(x3, b2, c32)
    c33 = multiplyAdd(x3, b3, c33)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    b += bStride
  }
  const out1 = c + bStride
  const out2 = out1 + bStride
  const out3 = out2 + bStride
  v128.store(c, outcome(c00, relu))
  v128.store(c, outcome(c01, relu), 16)
  v128.store(c, outcome(c02, relu), 32)
  v128.store(c, outcome(c03, relu), 48)
  v128.store(out1, outcome(c10, relu))
  v128.store(out1, outcome(c11, relu), 16)
  v128.store(out1, outcome(c12, relu), 32)
  v128.store(out1, outcome(c13, relu), 48)
  v128.store(out2, outcome(c20, relu))
  v128.store(out2, outcome(c21, relu), 16)
  v128.store(out2, outcome(c22, relu), 32)
  v128.store(out2, outcome(c23, relu), 48)
  v128.store(out3, outcome(c30, relu))
  v128.store(out3, outcome(c31, relu), 16)
  v128.store(out3, outcome(c32, relu), 32)
  v128.store(out3, outcome(c33, relu), 48)
}

@inline
function block1x16(a: usize, b: usize, bStride: usize, init: usize, c: usize, k: i32, relu: bool): void {
  let c0 = v128.load(init)
  let c1 = v128.load(init, 16)
  let c2 = v128.load(init, 32)
  let c3 = v128.load(init, 48)
  for (let i = 0; i < k; i++) {
    const x = v128.load32_splat(a)
    c0 = multiplyAdd(x, v128.load(b), c0)
    c1 = multiplyAdd(x, v128.load(b, 16), c1)
    c2 = multiplyAdd(x, v128.load(b, 32), c2)
    c3 = multiplyAdd(x, v128.load(b, 48), c3)
    a += 4
    b += bStride
  }
  v128.store(c, outcome(c0, relu))
  v128.store(c, outcome(c1, relu), 16)
  v128.store(c, outcome(c2, relu), 32)
  v128.store(c, outcome(c3, relu), 48)
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
  relu: bool,
): void {
  const init1 = init + initStride
  const init2 = init1 + initStride
  const init3 = init2 + initStride
  let c00 = v128.load(init)
  let c01 = v128.load(init, 16)
  let c10 = v128.load(init1)
  let c11 = v128.load(init1, 16)
  let c20 = v128.load(init2)
  let c21 = v128.load(init2, 16)
  let c30 = v128.load(init3)
  let c31 = v128.load(init3, 16)
  let a0 = a
  let a1 = a0 + aStride
  let a2 = a1 + aStride
  let a3 = a2 + aStride
  for (let i = 0; i < k; i++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const x0 = v128.load32_splat(a0)
    c00 = multiplyAdd(x0, b0, c00)
    c01 = multiplyAdd(x0, b1, c01)
    const x1 = v128.load32_splat(a1)
    c10 = multiplyAdd(x1, b0, c10)
    c11 = multiplyAdd(x1, b1, c11)
    const x2 = v128.load32_splat(a2)
    c20 = multiplyAdd(x2, b0, c20)
    c21 = multiplyAdd(x2, b1, c21)
    const x3 = v128.load32_splat(a3)
    c30 = multiplyAdd(x3, b0, c30)
    c31 = multiplyAdd(x3, b1, c31)
    a0 += 4
    a1 += 4
    a2 += 4
    a3 += 4
    b += bStride
  }
  const out1 = c + bStride
  const out2 = out1 + bStride
  const out3 = out2 + bStride
  v128.store(c, outcome(c00, relu))
  v128.store(c, outcome(c01, relu), 16)
  v128.store(out1, outcome(c10, relu))
  v128.store(out1, outcome(c11, relu), 16)
  v128.store(out2, outcome(c20, relu))
  v128.store(out2, outcome(c21, relu), 16)
  v128.store(out3, outcome(c30, relu))
  v128.store(out3, outcome(c31, relu), 16)
}

@inline
function block1x8(a: usize, b: usize, bStride: usize, init: usize, c: usize, k: i32, relu: bool): void {
  let c0 = v128.load(init)
  let c1 = v128.load(init, 16)
  for (let i = 0; i < k; i++) {
    const x = v128.load32_splat(a)
    c0 = multiplyAdd(x, v128.load(b), c0)
    c1 = multiplyAdd(x, v128.load(b, 16), c1)
    a += 4
    b += bStride
  }
  v128.store(c, outcome(c0, relu))
  v128.store(c, outcome(c1, relu), 16)
}
