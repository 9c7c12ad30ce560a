import type { tensorboard } from '../generated/event.js'

/** Bars of a histogram. */
const BARS = 30

/**
 * A histogram of finite values as TensorBoard keeps it: bars of equal width from the least value to the greatest, each with its upper
 * end; a value on an end is counted below it.
 *
 * @param values at least one
 */
export function histogramOf(values: Float32Array): tensorboard.IHistogramProto {
  let [min, max, sum, sumSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (const value of values) {
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    sumSquares += value * value
  }
  const bars = min === max ? 1 : BARS
  const width = (max - min) / bars
  const bucket = new Array<number>(bars).fill(0)
  for (const value of values) bucket[min === max ? 0 : Math.max(0, Math.ceil((value - min) / width) - 1)]++
  const bucketLimit = bucket.map((_, bar) => (bar === bars - 1 ? max : min + width * (bar + 1)))
  return { min, max, num: values.length, sum, sumSquares, bucketLimit, bucket }
}
