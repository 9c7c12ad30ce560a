/**
 * exp for four f32 values at once, and the functions of the gates that are built on it.
 *
 * Provenance: Cephes `expf` (Moshier 1992): x = n ln 2 + r with |r| <= ln 2 / 2, a degree-6 polynomial for e^r, and
 * 2^n put together from its exponent bits. Relative error below 2e-7; inputs are clamped to [-87.3, 88.3].
 */
@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88.3))
  const n = nearest4(f32x4.mul(clamped, f32x4.splat(1.4426950408889634)))
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)))
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.1219444e-4)))
  let y = f32x4.splat(1.98756915e-4)
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.3981999507e-3))
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.3334519073e-3))
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.1665795894e-2))
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.6666665459e-1))
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(5.0000001201e-1))
  y = f32x4.add(f32x4.mul(y, f32x4.mul(r, r)), f32x4.add(r, f32x4.splat(1)))
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23)
  return f32x4.mul(y, exponent)
}

/**
 * The nearest whole numbers, of two the even one, of |x| < 2^22: beside 3 * 2^22 a number has no fraction. Not
 * `f32x4.nearest`, because V8 does not pack that (./product-blocks).
 */
@inline
function nearest4(x: v128): v128 {
  return f32x4.sub(f32x4.add(x, f32x4.splat(12582912)), f32x4.splat(12582912))
}

/** 1 / (1 + e^-x) for four values; relative error below 1e-6 where the result is a normal number. */
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1)
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))))
}

/**
 * tanh for four values; relative error below 1e-6, also near 0, and tanh(-x) = -tanh(x).
 *
 * Provenance: Cephes `tanhf`: an odd polynomial where |x| < 0.625, 1 - 2 / (e^(2 |x|) + 1) elsewhere.
 */
@inline
export function tanh4(x: v128): v128 {
  const one = f32x4.splat(1)
  const size = f32x4.abs(x)
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exp4(f32x4.add(size, size)), one)))
  const sign = v128.and(x, i32x4.splat(0x80000000))
  const square = f32x4.mul(x, x)
  let y = f32x4.splat(-5.70498872745e-3)
  y = f32x4.add(f32x4.mul(y, square), f32x4.splat(2.06390887954e-2))
  y = f32x4.add(f32x4.mul(y, square), f32x4.splat(-5.37397155531e-2))
  y = f32x4.add(f32x4.mul(y, square), f32x4.splat(1.33314422036e-1))
  y = f32x4.add(f32x4.mul(y, square), f32x4.splat(-3.33332819422e-1))
  const near = f32x4.add(f32x4.mul(f32x4.mul(y, square), x), x)
  return v128.bitselect(near, v128.or(far, sign), f32x4.lt(size, f32x4.splat(0.625)))
}
