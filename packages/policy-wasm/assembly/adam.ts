/** From the slices' gradients of one trunk to its next parameters. */
import { flush4, LEAST_FIRST_MOMENT, LEAST_GRADIENT, LEAST_SECOND_MOMENT } from './flush'
import { Update } from './update'

/** Numbers whose squares are added in f32 before they go into the f64 sum. */
const BLOCK_BYTES: usize = 1024

/**
 * Adds the gradients of all slices, in slice order, into the first one's place.
 *
 * @param gradients   the first slice's gradient of the trunk
 * @param sliceStride bytes from one slice's gradient to the next
 * @param byteCount   a multiple of 16
 * @param inputMask    1 = learns, 0 = frozen, of the same length; 0 = all learn
 * @returns the sum of the squares
 */
export function addSlices(
  gradients: usize,
  sliceStride: usize,
  sliceCount: i32,
  byteCount: usize,
  inputMask: usize,
): f64 {
  const least = f32x4.splat(LEAST_GRADIENT)
  let squares: f64 = 0
  for (let begin: usize = 0; begin < byteCount; begin += BLOCK_BYTES) {
    const end = min(begin + BLOCK_BYTES, byteCount)
    let blockSquares = f32x4.splat(0)
    for (let at = begin; at < end; at += 16) {
      let from = gradients + at
      let sum = v128.load(from)
      for (let slice = 1; slice < sliceCount; slice++) {
        from += sliceStride
        sum = f32x4.add(sum, v128.load(from))
      }
      if (inputMask) sum = f32x4.mul(sum, v128.load(inputMask + at))
      sum = flush4(sum, least)
      v128.store(gradients + at, sum)
      blockSquares = f32x4.add(blockSquares, f32x4.mul(sum, sum))
    }
    squares += <f64>f32x4.extract_lane(blockSquares, 0) + f32x4.extract_lane(blockSquares, 1)
    squares += <f64>f32x4.extract_lane(blockSquares, 2) + f32x4.extract_lane(blockSquares, 3)
  }
  return squares
}

/**
 * One step of Adam (arXiv:1412.6980) with both bias corrections folded into stepSize and epsilon, as the host computes
 * them (packages/engine/src/adam-coefficients.ts).
 *
 * @param update    for its coefficients of Adam
 * @param scale     factor of the gradient: clips its norm
 * @param byteCount a multiple of 16
 */
export function adamStep(
  update: Update,
  gradient: usize,
  scale: f32,
  parameters: usize,
  firstMoment: usize,
  secondMoment: usize,
  byteCount: usize,
): void {
  const beta1 = f32x4.splat(update.beta1)
  const beta2 = f32x4.splat(update.beta2)
  const rest1 = f32x4.splat(update.beta1Rest)
  const rest2 = f32x4.splat(update.beta2Rest)
  const stepSize = f32x4.splat(update.stepSize)
  const epsilon = f32x4.splat(update.epsilon)
  const factor = f32x4.splat(scale)
  const least = f32x4.splat(LEAST_GRADIENT)
  const least1 = f32x4.splat(LEAST_FIRST_MOMENT)
  const least2 = f32x4.splat(LEAST_SECOND_MOMENT)
  for (let at: usize = 0; at < byteCount; at += 16) {
    const g = flush4(f32x4.mul(v128.load(gradient + at), factor), least)
    const m = flush4(f32x4.add(f32x4.mul(v128.load(firstMoment + at), beta1), f32x4.mul(g, rest1)), least1)
    const v = flush4(
      f32x4.add(f32x4.mul(v128.load(secondMoment + at), beta2), f32x4.mul(f32x4.mul(g, g), rest2)),
      least2,
    )
    const direction = f32x4.div(m, f32x4.add(f32x4.sqrt(v), epsilon))
    v128.store(firstMoment + at, m)
    v128.store(secondMoment + at, v)
    v128.store(parameters + at, f32x4.sub(v128.load(parameters + at), f32x4.mul(direction, stepSize)))
  }
}
