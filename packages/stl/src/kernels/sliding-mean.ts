/**
 * Sliding mean by block sums, as in sliding-since.ts: nothing is subtracted, so no error builds up and infinities pass.
 *
 * State, in 3 + width numbers from `at` on; zeros are no values:
 *
 *   | position p in the block | sum of the block so far | values seen, up to width | value | ...
 *                               cells before p: values of this block; from p on: sums of the ends of the block before
 */

/** Numbers of state for a width. */
export function meanStateSize(width: number): number {
  return 3 + width
}

/**
 * Takes a value in.
 *
 * @param width values in the window, >= 1
 * @returns the mean of the last `width` values, or of as many as there are
 */
export function pushMean(state: Float64Array, at: number, width: number, value: number): number {
  const position = state[at] | 0
  const sum = state[at + 1] + value
  const count = state[at + 2] < width ? state[at + 2] + 1 : width
  const cell = at + 3 + position
  state[cell] = value
  state[at + 2] = count
  if (position + 1 < width) {
    state[at] = position + 1
    state[at + 1] = sum
    return (state[cell + 1] + sum) / count
  }
  let end = 0
  for (let i = at + 2 + width; i > at + 2; i--) {
    end += state[i]
    state[i] = end
  }
  state[at] = 0
  state[at + 1] = 0
  return sum / count
}
