import fc from 'fast-check'
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

  it('is one that fits all samples where they may lie a little off', () => {
    expect(periodOf([0, 0.52, 0.98, 1.5], { jitter: { amount: 0.03, unit: 's' } })).toBe(0.5)
    expect(periodOf([0, 1.25, 2.5, 3.75], { jitter: { amount: 0, unit: 's' } })).toBe(1.25)
  })

  it.each([
    ['to either side in turn', [0, 1.1, 1.9, 3.1, 3.9], 0.1, 1],
    ['at the end most', [0, 0.947, 2.164], 0.1, 1.04],
    ['on the first step', [0, 0.9, 2.1], 0.1, 1],
  ])('is found where samples lie off %s', (_how, times, amount, period) => {
    expect(periodOf(times, { jitter: { amount, unit: 's' } })).toBe(period)
    expect(periodOf(times, { jitter: { amount: amount / 0.999, unit: 'share' } })).toBe(period)
  })

  it('is found wherever there is one', () => {
    const offsets = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 })
    const share = fc.double({ min: 0.001, max: 0.3, noNaN: true })
    fc.assert(
      fc.property(offsets, share, fc.double({ min: 0.001, max: 1000, noNaN: true }), (offsets, share, period) => {
        const times = [0, ...offsets.map((off, i) => (i + 1 + share * off) * period)]
        const found = periodOf(times, { jitter: { amount: share, unit: 'share' } })
        for (const [row, time] of times.entries())
          expect(Math.abs(time - row * found)).toBeLessThanOrEqual(share * found * (1 + 1e-9))
      }),
    )
  })

  it('is refused where samples lie further off', () => {
    expect(() => periodOf([0, 0.54, 0.98, 1.5], { jitter: { amount: 0.03, unit: 's' } })).toThrow(/row 3 \(line 4/)
    expect(() => periodOf([0, 1, 2, 3.001])).toThrow(/row 4 .* not uniform/)
  })
})
