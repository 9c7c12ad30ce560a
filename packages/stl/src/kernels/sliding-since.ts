/**
 * Since and until over a sliding window.
 *
 * A stretch of steps acts on a value v that comes from beyond it as v -> max(value, min(left, v)), where `left` is the
 * smallest left side in it. Stretches that follow each other compose, and composing is associative:
 *
 *   since (v from before):  value = max(newer.value, min(newer.left, older.value)),  left = min(older.left, newer.left)
 *   until (v from behind):  value = max(older.value, min(older.left, newer.value)),  left likewise
 *
 * so the last `width` steps are aggregated as van Herk (1992) and Gil and Werman (1993) did it for minima: time is cut into
 * blocks of `width` steps; a window is the end of one block and the beginning of the next. When a block is full, the
 * aggregates of its ends are made in one sweep from the back. O(1) amortised per step whatever the width, no subtraction.
 *
 * Since over all steps, width 0, is one number: value = max(right, min(left, value)). There is no such until.
 *
 * State otherwise, in 3 + 2 * width numbers from `at` on:
 *
 *   | position p in the block | value, left of the block so far | value, left | ...
 *                               cells before p: steps of this block; from p on: ends of the block before
 */

/** Which way the value travels. */
export const SINCE = 0
export const UNTIL = 1

/** Numbers of state for a width. */
export function sinceStateSize(width: number): number {
  return width === 0 ? 1 : 3 + 2 * width
}

/** Makes a state in which no step has been seen. */
export function resetSince(state: Float64Array, at: number, width: number): void {
  state[at] = width === 0 ? Number.NEGATIVE_INFINITY : 0
  if (width === 0) return
  for (let cell = at + 1; cell < at + 3 + 2 * width; cell += 2) {
    state[cell] = Number.NEGATIVE_INFINITY
    state[cell + 1] = Number.POSITIVE_INFINITY
  }
}

/**
 * Takes a step in. The parameters are positional because this runs per step and lane, where an object would be allocated.
 *
 * @param direction SINCE: the value at the newest step, looking back; UNTIL: at the oldest step of the window, looking on
 * @returns max over s in the window of min(right at s, left between s and the step that the value is for)
 */
export function pushSince(
  state: Float64Array,
  at: number,
  width: number,
  direction: number,
  left: number,
  right: number,
): number {
  if (width === 0) {
    state[at] = max(right, min(left, state[at]))
    return state[at]
  }
  const position = state[at] | 0
  const cell = at + 3 + 2 * position
  state[cell] = right
  state[cell + 1] = left
  const olderValue = state[at + 1]
  const olderLeft = state[at + 2]
  const value = direction === SINCE ? max(right, min(left, olderValue)) : max(olderValue, min(olderLeft, right))
  const lefts = min(olderLeft, left)
  if (position + 1 < width) {
    state[at] = position + 1
    state[at + 1] = value
    state[at + 2] = lefts
    const endValue = state[cell + 2]
    return direction === SINCE ? max(value, min(lefts, endValue)) : max(endValue, min(state[cell + 3], value))
  }
  closeBlock(state, at, { width, direction })
  return value
}

/** Turns the steps of a full block into the aggregates of its ends. */
function closeBlock(state: Float64Array, at: number, { width, direction }: { width: number; direction: number }): void {
  let value = Number.NEGATIVE_INFINITY
  let lefts = Number.POSITIVE_INFINITY
  for (let cell = at + 1 + 2 * width; cell > at + 2; cell -= 2) {
    const right = state[cell]
    const left = state[cell + 1]
    value = direction === SINCE ? max(value, min(lefts, right)) : max(right, min(left, value))
    lefts = min(left, lefts)
    state[cell] = value
    state[cell + 1] = lefts
  }
  state[at] = 0
  state[at + 1] = Number.NEGATIVE_INFINITY
  state[at + 2] = Number.POSITIVE_INFINITY
}

function max(x: number, y: number): number {
  return x > y ? x : y
}

function min(x: number, y: number): number {
  return x < y ? x : y
}
