/** ../src/kernels/sliding-mean.ts, which explains it, over f64 that begin at a byte. */

/** Takes a value in. @returns the mean of the last `width` values, or of as many as there are */
export function pushMean(at: usize, width: i32, value: f64): f64 {
  const position = <i32>load<f64>(at)
  const sum = load<f64>(at, 8) + value
  const seen = load<f64>(at, 16)
  const count = seen < <f64>width ? seen + 1 : <f64>width
  const cell = at + 24 + ((<usize>position) << 3)
  store<f64>(cell, value)
  store<f64>(at, count, 16)
  if (position + 1 < width) {
    store<f64>(at, <f64>(position + 1))
    store<f64>(at, sum, 8)
    return (load<f64>(cell, 8) + sum) / count
  }
  let end: f64 = 0
  for (let i = at + 16 + ((<usize>width) << 3); i > at + 16; i -= 8) {
    end += load<f64>(i)
    store<f64>(i, end)
  }
  store<f64>(at, 0)
  store<f64>(at, 0, 8)
  return sum / count
}
