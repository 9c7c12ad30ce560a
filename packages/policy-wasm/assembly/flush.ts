/**
 * Numbers too small to matter, as zero. Below 2^-126 numbers are subnormal, with which processors compute a hundred times
 * more slowly; gradients of what is all but certain, and moments that fade, become such numbers in a long training.
 * WebAssembly has no switch for it, so what the slow numbers come from is cut off well before.
 */

/** Gradients by outputs: products with three layers of weights of 2^-20 stay normal. */
export const LEAST_SLOPE: f32 = 8.673617379884035e-19 // 2^-60

/** Gradients by parameters: their squares times 1 - beta2 stay normal. */
export const LEAST_GRADIENT: f32 = 6.938893903907228e-18 // 2^-57

/** First moments, and second ones: of such gradients, faded. */
export const LEAST_FIRST_MOMENT: f32 = 7.888609052210118e-31 // 2^-100
export const LEAST_SECOND_MOMENT: f32 = 7.52316384526264e-37 // 2^-120

/** Zero where |x| < least, else x: what is no number stays none. */
@inline
export function flush4(x: v128, least: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), least))
}

/** `flush4` of one number. */
@inline
export function flush1(x: f32, least: f32): f32 {
  return abs(x) < least ? 0 : x
}
