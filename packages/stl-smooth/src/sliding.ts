/** Windows over time of tensors [T, E], by whole tensors. */
import { tf } from '@vigil/tfjs'
import type { Part, SoftExtreme } from './soft-extremes.ts'

/** Where a window lies: `past` ends at the step that it is for, `future` begins there. */
export type Direction = 'past' | 'future'

/** x at t - distance (past) or t + distance (future); `fill` where there is none. @param distance >= 0 */
export function shift(
  x: tf.Tensor2D,
  { distance, direction, fill }: { distance: number; direction: Direction; fill: number },
): tf.Tensor2D {
  const [length, lanes] = x.shape
  if (distance === 0) return x
  if (distance >= length) return tf.fill([length, lanes], fill)
  const filled = tf.fill<tf.Rank.R2>([distance, lanes], fill)
  if (direction === 'past') return tf.concat([filled, tf.slice(x, [0, 0], [length - distance, lanes])], 0)
  return tf.concat([tf.slice(x, [distance, 0], [length - distance, lanes]), filled], 0)
}

/** What windows are made of: an associative operation on parts. */
type Fold = Pick<SoftExtreme, 'merge' | 'nothing'>

/** Sums as parts of one tensor. */
const SUM: Fold = { merge: ([one], [other]) => [tf.add<tf.Tensor2D>(one, other)], nothing: 0 }

/**
 * What a window of `width` steps comes to, at every step: stretches of 1, 2, 4, ... steps are made by merging two neighbours,
 * and a window is a row of such stretches. O(log width) operations on whole tensors; no step is counted twice.
 *
 * @param width >= 1
 */
export function slide(part: Part, fold: Fold, { width, direction }: { width: number; direction: Direction }): Part {
  const reach = Math.min(width, part[0].shape[0])
  const moved = (tensors: Part, distance: number) =>
    tensors.map((tensor) => shift(tensor, { distance, direction, fill: fold.nothing }))
  let stretch = part
  let window: Part | null = null
  let covered = 0
  for (let span = 1; span <= reach; span *= 2) {
    if ((reach & span) !== 0) {
      window = window === null ? stretch : fold.merge(window, moved(stretch, covered))
      covered += span
    }
    if (2 * span <= reach) stretch = fold.merge(stretch, moved(stretch, span))
  }
  return window!
}

/** The sum of the last `width` steps, of as many as there are. */
export function slidingSum(x: tf.Tensor2D, width: number): tf.Tensor2D {
  return slide([x], SUM, { width, direction: 'past' })[0]
}

/**
 * The outer extreme, over the steps s of a window, of the inner extreme of right at s and left between s and the step that
 * the value is for: since (past) and until (future), without the left side at s. O(width) operations on whole tensors.
 *
 * @param none what right is where there is no step
 */
export function slideBetween(
  { left, right }: { left: tf.Tensor2D; right: tf.Tensor2D },
  { inner, outer }: { inner: SoftExtreme; outer: SoftExtreme },
  { width, direction, none }: { width: number; direction: Direction; none: number },
): tf.Tensor2D {
  const reach = Math.min(width, right.shape[0])
  let lefts: Part | null = null
  let whole: Part | null = null
  for (let distance = 0; distance < reach; distance++) {
    const there = inner.open(shift(right, { distance, direction, fill: none }))
    const held: tf.Tensor2D = inner.close(lefts === null ? there : inner.merge(lefts, there))
    whole = whole === null ? outer.open(held) : outer.merge(whole, outer.open(held))
    // Where there is no step `right` decides, so any left will do.
    const leftHere = inner.open(shift(left, { distance, direction, fill: 0 }))
    lefts = lefts === null ? leftHere : inner.merge(lefts, leftHere)
  }
  return outer.close(whole!)
}

/** The extreme of all rows, by halves: [T, E] to [1, E]. */
export function reduceRows(x: tf.Tensor2D, extreme: SoftExtreme): tf.Tensor2D {
  let part = extreme.open(x)
  for (let rows = x.shape[0]; rows > 1; rows = Math.ceil(rows / 2)) {
    const half = rows >> 1
    const merged = extreme.merge(rowsOf(part, 0, half), rowsOf(part, half, half))
    const odd = rowsOf(part, 2 * half, rows - 2 * half)
    part = rows % 2 === 0 ? merged : merged.map((tensor, i) => tf.concat([tensor, odd[i]], 0))
  }
  return extreme.close(part)
}

function rowsOf(part: Part, from: number, count: number): tf.Tensor2D[] {
  return part.map((tensor) => tf.slice(tensor, [from, 0], [count, tensor.shape[1]]))
}
