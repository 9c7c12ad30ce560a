/** ../src/kernels/sliding-since.ts, which explains it, over f64 that begin at a byte. */

/** Which way the value travels. */
export const SINCE = 0
export const UNTIL = 1

/** Makes a state in which no step has been seen. */
export function resetSince(at: usize, width: i32): void {
  store<f64>(at, width == 0 ? -Infinity : 0)
  if (width == 0) return
  for (let pair = 0; pair <= width; pair++) {
    store<f64>(at + ((<usize>pair) << 4), -Infinity, 8)
    store<f64>(at + ((<usize>pair) << 4), Infinity, 16)
  }
}

/**
 * Takes a step in.
 *
 * @param direction SINCE: the value at the newest step, looking back; UNTIL: at the oldest step of the window, looking on
 */
export function pushSince(at: usize, width: i32, direction: i32, left: f64, right: f64): f64 {
  if (width == 0) {
    const value = max(right, min(left, load<f64>(at)))
    store<f64>(at, value)
    return value
  }
  const position = <i32>load<f64>(at)
  const cell = at + 24 + ((<usize>position) << 4)
  store<f64>(cell, right)
  store<f64>(cell, left, 8)
  const olderValue = load<f64>(at, 8)
  const olderLeft = load<f64>(at, 16)
  const value = direction == SINCE ? max(right, min(left, olderValue)) : max(olderValue, min(olderLeft, right))
  const lefts = min(olderLeft, left)
  if (position + 1 < width) {
    store<f64>(at, <f64>(position + 1))
    store<f64>(at, value, 8)
    store<f64>(at, lefts, 16)
    const endValue = load<f64>(cell, 16)
    return direction == SINCE ? max(value, min(lefts, endValue)) : max(endValue, min(load<f64>(cell, 24), value))
  }
  closeBlock(at, width, direction)
  return value
}

/** Turns the steps of a full block into the aggregates of its ends. */
function closeBlock(at: usize, width: i32, direction: i32): void {
  let value: f64 = -Infinity
  let lefts: f64 = Infinity
  for (let pair = width - 1; pair >= 0; pair--) {
    const cell = at + 24 + ((<usize>pair) << 4)
    const right = load<f64>(cell)
    const left = load<f64>(cell, 8)
    value = direction == SINCE ? max(value, min(lefts, right)) : max(right, min(left, value))
    lefts = min(left, lefts)
    store<f64>(cell, value)
    store<f64>(cell, lefts, 8)
  }
  store<f64>(at, 0)
  store<f64>(at, -Infinity, 8)
  store<f64>(at, Infinity, 16)
}

@inline
function max(x: f64, y: f64): f64 {
  return x > y ? x : y
}

@inline
function min(x: f64, y: f64): f64 {
  return x < y ? x : y
}
