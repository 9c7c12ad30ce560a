/** The inner loops of `accumulateTransposed`, in register blocks of 4 rows by 16 or by 8 columns, made as ./product-blocks. */
import { multiplyAdd } from './product-blocks'

/** Columns [0, n & -16) of C[K, N] += A[M, K]^T B[M, N]. */
export function sum16(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32): void {
  const aStride = (<usize>k) << 2
  const stride = (<usize>n) << 2
  for (let at: usize = 0; at + 64 <= stride; at += 64) {
    let from = a
    let to = c + at
    let i = 0
    for (; i + 4 <= k; i += 4) {
      sum4x16(from, aStride, b + at, stride, to, m)
      from += 16
      to += stride << 2
    }
    for (; i < k; i++) {
      sum1x16(from, aStride, b + at, stride, to, m)
      from += 4
      to += stride
    }
  }
}

/** Columns [column, n & -8) of C[K, N] += A[M, K]^T B[M, N]. */
export function sum8(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32, column: i32): void {
  const aStride = (<usize>k) << 2
  const stride = (<usize>n) << 2
  for (let at = (<usize>column) << 2; at + 32 <= stride; at += 32) {
    let from = a
    let to = c + at
    let i = 0
    for (; i + 4 <= k; i += 4) {
      sum4x8(from, aStride, b + at, stride, to, m)
      from += 16
      to += stride << 2
    }
    for (; i < k; i++) {
      sum1x8(from, aStride, b + at, stride, to, m)
      from += 4
      to += stride
    }
  }
}

@inline
function sum4x16(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, m: i32): void {
  let c00 = f32x4.splat(0)
  let c01 = c00
  let c02 = c00
  let c03 = c00
  let c10 = c00
  let c11 = c00
  let c12 = c00
  let c13 = c00
  let c20 = c00
  let c21 = c00
  let c22 = c00
  let c23 = c00
  let c30 = c00
  let c31 = c00
  let c32 = c00
  let c33 = c00
  for (let row = 0; row < m; row++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const b2 = v128.load(b, 32)
    const b3 = v128.load(b, 48)
    const x0 = v128.load32_splat(a)
    c00 = multiplyAdd(x0, b0, c00)
    c01 = multiplyAdd(x0, b1, c01)
    c02 = multiplyAdd(x0, b2, c02)
    c03 = multiplyAdd(x0, b3, c03)
    const x1 = v128.load32_splat(a, 4)
    c10 = multiplyAdd(x1, b0, c10)
    c11 = multiplyAdd(x1, b1, c11)
    c12 = multiplyAdd(x1, b2, c12)
    c13 = multiplyAdd(x1, b3, c13)
    const x2 = v128.load32_splat(a, 8)
    c20 = multiplyAdd(x2, b0, c20)
    c21 = multiplyAdd(x2, b1, c21)
    c22 = multiplyAdd(x2, b2, c22)
    c23 = multiplyAdd(x2, b3, c23)
    const x3 = v128.load32_splat(a, 12)
    c30 = multiplyAdd(x3, b0, c30)
    c31 = multiplyAdd(x3, b1, c31)
    c32 = multiplyAdd(x3, b2, c32)
    c33 = multiplyAdd(x3, b3, c33)
    a += aStride
    b += bStride
  }
  const out1 = c + bStride
  const out2 = out1 + bStride
  const out3 = out2 + bStride
  c00 = f32x4.add(v128.load(c), c00)
  c01 = f32x4.add(v128.load(c, 16), c01)
  c02 = f32x4.add(v128.load(c, 32), c02)
  c03 = f32x4.add(v128.load(c, 48), c03)
  c10 = f32x4.add(v128.load(out1), c10)
  c11 = f32x4.add(v128.load(out1, 16), c11)
  c12 = f32x4.add(v128.load(out1, 32), c12)
  c13 = f32x4.add(v128.load(out1, 48), c13)
  c20 = f32x4.add(v128.load(out2), c20)
  c21 = f32x4.add(v128.load(out2, 16), c21)
  c22 = f32x4.add(v128.load(out2, 32), c22)
  c23 = f32x4.add(v128.load(out2, 48), c23)
  c30 = f32x4.add(v128.load(out3), c30)
  c31 = f32x4.add(v128.load(out3, 16), c31)
  c32 = f32x4.add(v128.load(out3, 32), c32)
  c33 = f32x4.add(v128.load(out3, 48), c33)
  v128.store(c, c00)
  v128.store(c, c01, 16)
  v128.store(c, c02, 32)
  v128.store(c, c03, 48)
  v128.store(out1, c10)
  v128.store(out1, c11, 16)
  v128.store(out1, c12, 32)
  v128.store(out1, c13, 48)
  v128.store(out2, c20)
  v128.store(out2, c21, 16)
  v128.store(out2, c22, 32)
  v128.store(out2, c23, 48)
  v128.store(out3, c30)
  v128.store(out3, c31, 16)
  v128.store(out3, c32, 32)
  v128.store(out3, c33, 48)
}

@inline
function sum1x16(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, m: i32): void {
  let c0 = f32x4.splat(0)
  let c1 = c0
  let c2 = c0
  let c3 = c0
  for (let row = 0; row < m; row++) {
    const x = v128.load32_splat(a)
    c0 = multiplyAdd(x, v128.load(b), c0)
    c1 = multiplyAdd(x, v128.load(b, 16), c1)
    c2 = multiplyAdd(x, v128.load(b, 32), c2)
    c3 = multiplyAdd(x, v128.load(b, 48), c3)
    a += aStride
    b += bStride
  }
  c0 = f32x4.add(v128.load(c), c0)
  c1 = f32x4.add(v128.load(c, 16), c1)
  c2 = f32x4.add(v128.load(c, 32), c2)
  c3 = f32x4.add(v128.load(c, 48), c3)
  v128.store(c, c0)
  v128.store(c, c1, 16)
  v128.store(c, c2, 32)
  v128.store(c, c3, 48)
}

@inline
function sum4x8(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, m: i32): void {
  let c00 = f32x4.splat(0)
  let c01 = c00
  let c10 = c00
  let c11 = c00
  let c20 = c00
  let c21 = c00
  let c30 = c00
  let c31 = c00
  for (let row = 0; row < m; row++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const x0 = v128.load32_splat(a)
    c00 = multiplyAdd(x0, b0, c00)
    c01 = multiplyAdd(x0, b1, c01)
    const x1 = v128.load32_splat(a, 4)
    c10 = multiplyAdd(x1, b0, c10)
    c11 = multiplyAdd(x1, b1, c11)
    const x2 = v128.load32_splat(a, 8)
    c20 = multiplyAdd(x2, b0, c20)
    c21 = multiplyAdd(x2, b1, c21)
    const x3 = v128.load32_splat(a, 12)
    c30 = multiplyAdd(x3, b0, c30)
    c31 = multiplyAdd(x3, b1, c31)
    a += aStride
    b += bStride
  }
  const out1 = c + bStride
  const out2 = out1 + bStride
  const out3 = out2 + bStride
  c00 = f32x4.add(v128.load(c), c00)
  c01 = f32x4.add(v128.load(c, 16), c01)
  c10 = f32x4.add(v128.load(out1), c10)
  c11 = f32x4.add(v128.load(out1, 16), c11)
  c20 = f32x4.add(v128.load(out2), c20)
  c21 = f32x4.add(v128.load(out2, 16), c21)
  c30 = f32x4.add(v128.load(out3), c30)
  c31 = f32x4.add(v128.load(out3, 16), c31)
  v128.store(c, c00)
  v128.store(c, c01, 16)
  v128.store(out1, c10)
  v128.store(out1, c11, 16)
  v128.store(out2, c20)
  v128.store(out2, c21, 16)
  v128.store(out3, c30)
  v128.store(out3, c31, 16)
}

@inline
function sum1x8(a: usize, aStride: usize, b: usize, bStride: usize, c: usize, m: i32): void {
  let c0 = f32x4.splat(0)
  let c1 = c0
  for (let row = 0; row < m; row++) {
    const x = v128.load32_splat(a)
    c0 = multiplyAdd(x, v128.load(b), c0)
    c1 = multiplyAdd(x, v128.load(b, 16), c1)
    a += aStride
    b += bStride
  }
  c0 = f32x4.add(v128.load(c), c0)
  c1 = f32x4.add(v128.load(c, 16), c1)
  v128.store(c, c0)
  v128.store(c, c1, 16)
}
