/** ../src/kernels/sliding-maximum.ts, which explains it, over f64 that begin at a byte. */

/** Makes a state in which no value has been seen. */
export function resetMaximum(at: usize, width: i32): void {
  if (width == 0) store<f64>(at, -Infinity)
  else memory.fill(at, 0, (<usize>(3 + 2 * width)) << 3)
}

/** Takes a value in. @returns the largest of the last `width` values, or of all */
export function pushMaximum(at: usize, width: i32, value: f64): f64 {
  if (width == 0) {
    if (value > load<f64>(at)) store<f64>(at, value)
    return load<f64>(at)
  }
  const now = load<f64>(at)
  const ring = at + 24
  let head = <i32>load<f64>(at, 8)
  let size = <i32>load<f64>(at, 16)
  // At most one value leaves the window per step.
  if (size > 0 && load<f64>(ring + ((<usize>head) << 4), 8) <= now - <f64>width) {
    head = head + 1 == width ? 0 : head + 1
    size--
  }
  let tail = head + size
  if (tail >= width) tail -= width
  // A value that is not larger and leaves earlier can never be the largest again.
  while (size > 0) {
    const last = tail == 0 ? width - 1 : tail - 1
    if (load<f64>(ring + ((<usize>last) << 4)) > value) break
    tail = last
    size--
  }
  store<f64>(ring + ((<usize>tail) << 4), value)
  store<f64>(ring + ((<usize>tail) << 4), now, 8)
  store<f64>(at, now + 1)
  store<f64>(at, <f64>head, 8)
  store<f64>(at, <f64>(size + 1), 16)
  return load<f64>(ring + ((<usize>(size == 0 ? tail : head)) << 4))
}
