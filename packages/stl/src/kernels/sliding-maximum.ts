/**
 * Sliding maximum by a monotone queue (Lemire 2006, "Streaming maximum-minimum filter using no more than three comparisons
 * per element", arXiv:cs/0610046): O(1) amortised per value, whatever the width.
 *
 * Width 0 is without end: the largest value so far, in one number. State otherwise, in 3 + 2 * width numbers from `at` on:
 *
 *   | values seen | head | size | value, index | value, index | ...      a ring; values fall and indices rise from the head
 */

/** Numbers of state for a width. */
export function maximumStateSize(width: number): number {
  return width === 0 ? 1 : 3 + 2 * width
}

/** Makes a state in which no value has been seen. */
export function resetMaximum(state: Float64Array, at: number, width: number): void {
  state.fill(0, at, at + maximumStateSize(width))
  if (width === 0) state[at] = Number.NEGATIVE_INFINITY
}

/**
 * Takes a value in.
 *
 * @returns the largest of the last `width` values, or of all
 */
export function pushMaximum(state: Float64Array, at: number, width: number, value: number): number {
  if (width === 0) {
    if (value > state[at]) state[at] = value
    return state[at]
  }
  const now = state[at]
  const ring = at + 3
  let head = state[at + 1] | 0
  let size = state[at + 2] | 0
  // At most one value leaves the window per step.
  if (size > 0 && state[ring + 2 * head + 1] <= now - width) {
    head = head + 1 === width ? 0 : head + 1
    size--
  }
  let tail = head + size
  if (tail >= width) tail -= width
  // A value that is not larger and leaves earlier can never be the largest again.
  while (size > 0) {
    const last = tail === 0 ? width - 1 : tail - 1
    if (state[ring + 2 * last] > value) break
    tail = last
    size--
  }
  state[ring + 2 * tail] = value
  state[ring + 2 * tail + 1] = now
  state[at] = now + 1
  state[at + 1] = head
  state[at + 2] = size + 1
  return state[ring + 2 * (size === 0 ? tail : head)]
}
