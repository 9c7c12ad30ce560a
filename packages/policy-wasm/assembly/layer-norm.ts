/**
 * Layer normalisation (arXiv:1607.06450, eq. 4) of a hidden layer's sums before its ReLU, forward and backward.
 *
 *   x = (z - mean z) r,  r = 1 / sqrt(mean (z - mean z)^2 + epsilon),  h = relu(gain x + shift)
 *   dy = dh [h > 0],  dgain = sum dy x,  dshift = sum dy,  dx = dy gain,  dz = r (dx - mean dx - x mean (dx x))
 *
 * Means go over the `count` units of the spec. The units behind them, up to the width in memory, have sums, gains and
 * shifts of zero; their x and dz are set to zero.
 */
import { sum4 } from './softmax'

/** Bytes of the 1 / deviation of all rows, which lie in front of the normalised sums. */
@inline
function scaleBytes(rows: i32): usize {
  return (<usize>((rows + 3) & ~3)) << 2
}

/** All bits of the units from `unit` to `unit + 3` that are below `count`. */
@inline
function isUnit(unit: usize, count: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(<i32>unit), i32x4(0, 1, 2, 3)), i32x4.splat(count))
}

/**
 * Normalises the rows of a tile in place, with ReLU.
 *
 * @param z      [rows, width] sums, overwritten by h
 * @param gain   [width], and the shift [width] behind it
 * @param record overwritten: f32 [rows, rounded up to four] r, then [rows, width] x
 * @param width  a multiple of 8
 */
export function normaliseRows(
  z: usize,
  gain: usize,
  record: usize,
  rows: i32,
  width: i32,
  count: i32,
  epsilon: f32,
): void {
  const bytes = (<usize>width) << 2
  const shift = gain + bytes
  const share: f32 = 1 / <f32>count
  const zero = f32x4.splat(0)
  let x = record + scaleBytes(rows)
  for (let row = 0; row < rows; row++) {
    let low = zero
    let high = zero
    for (let at: usize = 0; at < bytes; at += 32) {
      low = f32x4.add(low, v128.load(z + at))
      high = f32x4.add(high, v128.load(z + at, 16))
    }
    const mean = f32x4.splat(sum4(f32x4.add(low, high)) * share)
    low = zero
    high = zero
    for (let at: usize = 0; at < bytes; at += 32) {
      const d0 = v128.and(f32x4.sub(v128.load(z + at), mean), isUnit(at >> 2, count))
      const d1 = v128.and(f32x4.sub(v128.load(z + at, 16), mean), isUnit((at >> 2) + 4, count))
      v128.store(x + at, d0)
      v128.store(x + at, d1, 16)
      low = f32x4.add(low, f32x4.mul(d0, d0))
      high = f32x4.add(high, f32x4.mul(d1, d1))
    }
    const scale: f32 = 1 / sqrt<f32>(sum4(f32x4.add(low, high)) * share + epsilon)
    store<f32>(record + ((<usize>row) << 2), scale)
    for (let at: usize = 0; at < bytes; at += 16) {
      const normalised = f32x4.mul(v128.load(x + at), f32x4.splat(scale))
      v128.store(x + at, normalised)
      const y = f32x4.add(f32x4.mul(normalised, v128.load(gain + at)), v128.load(shift + at))
      v128.store(z + at, f32x4.max(y, zero))
    }
    z += bytes
    x += bytes
  }
}

/**
 * The gradient back through ReLU and normalisation; sums over rows are in their order.
 *
 * @param h             [rows, width]
 * @param record        as `normaliseRows` left it
 * @param d             [rows, width] dh, overwritten by dz
 * @param gradientGain  [width] += dgain, and behind it the shift's
 */
export function normaliseBackward(
  h: usize,
  record: usize,
  gain: usize,
  d: usize,
  gradientGain: usize,
  rows: i32,
  width: i32,
  count: i32,
): void {
  const bytes = (<usize>width) << 2
  const gradientShift = gradientGain + bytes
  const share: f32 = 1 / <f32>count
  const zero = f32x4.splat(0)
  let x = record + scaleBytes(rows)
  for (let row = 0; row < rows; row++) {
    let sum = zero
    let product = zero
    for (let at: usize = 0; at < bytes; at += 16) {
      const normalised = v128.load(x + at)
      const dY = v128.and(v128.load(d + at), f32x4.gt(v128.load(h + at), zero))
      v128.store(gradientGain + at, f32x4.add(v128.load(gradientGain + at), f32x4.mul(dY, normalised)))
      v128.store(gradientShift + at, f32x4.add(v128.load(gradientShift + at), dY))
      const dX = f32x4.mul(dY, v128.load(gain + at))
      v128.store(d + at, dX)
      sum = f32x4.add(sum, dX)
      product = f32x4.add(product, f32x4.mul(dX, normalised))
    }
    const mean = f32x4.splat(sum4(sum) * share)
    const slope = f32x4.splat(sum4(product) * share)
    const scale = v128.load32_splat(record + ((<usize>row) << 2))
    for (let at: usize = 0; at < bytes; at += 16) {
      const centred = f32x4.sub(f32x4.sub(v128.load(d + at), mean), f32x4.mul(v128.load(x + at), slope))
      v128.store(d + at, v128.and(f32x4.mul(centred, scale), isUnit(at >> 2, count)))
    }
    h += bytes
    d += bytes
    x += bytes
  }
}
