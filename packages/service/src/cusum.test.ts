import { fillGaussian, randomStream } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { createCusum, runLength, thresholdFor } from './cusum.ts'

describe('the average run length to a false alarm', () => {
  // Montgomery, Introduction to Statistical Quality Control, table of two-sided charts with k = 1/2: exact values.
  it.each([
    [4, 168],
    [5, 465],
  ])('at h = %i is the %i of the tables, within two per cent', (threshold, length) => {
    expect(Math.abs(runLength(threshold) / length - 1)).toBeLessThan(0.02)
  })

  it.each([20, 500, 10_000, 1e7])('of %i values has a threshold that gives it', (length) => {
    expect(runLength(thresholdFor(length))).toBeCloseTo(length, -Math.log10(length * 1e-9))
  })
})

/** Values of mean `shift` and deviation 1, until an alarm, over and over. @returns mean number of values to one */
function simulated(shift: number, threshold: number, alarms: number): { mean: number; sides: string[] } {
  const values = new Float64Array(4096)
  const sides: string[] = []
  const cusum = createCusum({ mean: 3, deviation: 2, threshold })
  let taken = 0
  for (let block = 0; sides.length < alarms; block++) {
    fillGaussian(randomStream(block, 'action'), values)
    for (const value of values) {
      taken++
      const side = cusum.take(3 + 2 * (value + shift))
      if (side !== null && sides.push(side) === alarms) break
    }
  }
  return { mean: taken / alarms, sides }
}

describe('cumulative sums', () => {
  it('raise a false alarm as often as they are to, on either side', () => {
    const { mean, sides } = simulated(0, thresholdFor(200), 2000)
    // The mean of 2,000 run lengths, each about as variable as it is long, is known to some 2 per cent.
    expect(Math.abs(mean / 200 - 1)).toBeLessThan(0.08)
    expect(Math.abs(sides.filter((side) => side === 'up').length / 2000 - 0.5)).toBeLessThan(0.05)
  })

  it.each([
    [1, 'up'],
    [-1, 'down'],
  ] as const)('tell a shift of %i deviation within a dozen values, and to which side', (shift, expected) => {
    const { mean, sides } = simulated(shift, thresholdFor(465), 300)
    // Exact: 10.4 at h = 5.
    expect(mean).toBeGreaterThan(9)
    expect(mean).toBeLessThan(12)
    expect(new Set(sides)).toEqual(new Set([expected]))
  })
})
