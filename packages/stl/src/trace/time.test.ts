import { describe, expect, it } from 'vitest'
import { type Jitter, samplingPeriodOf } from './time.ts'

/** The period that a column "time" says. */
function periodOf(times: number[], given: { samplingPeriod?: number; jitter?: Jitter } = {}): number {
  const trace = {
    samples: { time: Float64Array.from(times) },
    names: ['time'],
    length: times.length,
    lines: Float64Array.from(times, (_, row) => row + 2),
    badCells: new Map(),
  }
  return samplingPeriodOf(trace, { samplingPeriod: null, jitter: null, ...given })
}

describe('the sampling period', () => {
  it.each<[string, number[], number]>([
    ['of whole seconds', [3, 5, 7], 2],
    ['of decimals', [0.1, 0.2, 0.1 + 0.2, 0.4], 0.1],
    ['of seconds since 1970', [0, 1, 2, 3, 4].map((i) => Number((1.7e9 + i / 100).toFixed(2))), 0.01],
    ['before 0', [-1.5, -1.25, -1], 0.25],
    ['of nanoseconds', [0, 1e-9, 2e-9], 1e-9],
    ['of many rows', Array.from({ length: 10_001 }, (_, i) => i * 0.001), 0.001],
    ['that is no short decimal', [0, Math.PI, 2 * Math.PI], Math.PI],
    ['of one row is a second', [7], 1],
  ])('%s', (_what, times, period) => {
    expect(periodOf(times)).toBe(period)
  })

  it('is what is given where the column agrees', () => {
    expect(periodOf([3, 5, 7], { samplingPeriod: 2 })).toBe(2)
    expect(periodOf([7], { samplingPeriod: 0.1 })).toBe(0.1)
    expect(periodOf([0, 1.04, 1.97, 3.02, 4], { samplingPeriod: 1, jitter: { amount: 0.05, unit: 'share' } })).toBe(1)
  })

  it('is the mean where samples may lie a little off', () => {
    expect(periodOf([0, 0.52, 0.98, 1.5], { jitter: { amount: 0.03, unit: 's' } })).toBe(0.5)
    expect(periodOf([0, 1.25, 2.5, 3.75], { jitter: { amount: 0, unit: 's' } })).toBe(1.25)
  })

  it('is refused where samples lie further off', () => {
    expect(() => periodOf([0, 0.54, 0.98, 1.5], { jitter: { amount: 0.03, unit: 's' } })).toThrow(/row 3 \(line 4/)
    expect(() => periodOf([0, 1, 2, 3.001])).toThrow(/row 4 .* not uniform/)
  })
})
