/**
 * Cumulative sums of standardised values, which tell a shift of their mean (E. S. Page, Biometrika 41, 1954):
 *
 *   z = (x - mean) / deviation
 *   up   <- max(0, up + z - k)
 *   down <- max(0, down - z - k)
 *
 * An alarm is a sum above h. The average run length to a false alarm of independent normal values is, of one side, by D. Siegmund
 * (Sequential Analysis, 1985, eq. 2.57)
 *
 *   ARL = (exp(2 k b) - 2 k b - 1) / (2 k^2),  b = h + 1.166
 *
 * and half of that of both sides.
 */

/** k, in deviations: shifts of twice as much are found soonest. */
const SLACK = 0.5
/** What the sum overshoots h by on average, for each of its two ends. */
const OVERSHOOT = 1.166

/** Mean number of values to a false alarm of either side. */
export function runLength(threshold: number): number {
  const twice = 2 * SLACK * (threshold + OVERSHOOT)
  return (Math.exp(twice) - twice - 1) / (2 * SLACK ** 2) / 2
}

/** h for a mean number of values to a false alarm of either side. @param length 10 or more */
export function thresholdFor(length: number): number {
  let [low, high] = [0, 100]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (runLength(middle) < length) low = middle
    else high = middle
  }
  return high
}

/** The sums of one chart. */
export type Cusum = {
  /** Takes a value in; an alarm begins both sums anew. @returns the side of an alarm, null = none */
  take(value: number): 'up' | 'down' | null
  readonly up: number
  readonly down: number
}

/** @param deviation above 0 @param sums that it goes on from */
export function createCusum(
  { mean, deviation, threshold }: { readonly mean: number; readonly deviation: number; readonly threshold: number },
  sums: { readonly up: number; readonly down: number } = { up: 0, down: 0 },
): Cusum {
  let { up, down } = sums
  return {
    take(value) {
      const z = (value - mean) / deviation
      up = Math.max(0, up + z - SLACK)
      down = Math.max(0, down - z - SLACK)
      if (up <= threshold && down <= threshold) return null
      const side = up > threshold ? 'up' : 'down'
      up = 0
      down = 0
      return side
    },
    get up() {
      return up
    },
    get down() {
      return down
    },
  }
}
