import { randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { satisfactionInterval } from './satisfaction-interval.ts'

/** A split of runs of equal steps: `share` of the runs are satisfied. */
function inRuns({ n, run, share, seed }: { n: number; run: number; share: number; seed: number }): Float64Array {
  return Float64Array.from({ length: n }, (_, i) =>
    randomUnit({ seed, stream: 1 }, Math.floor(i / run), 0) < share ? 1 : -1,
  )
}

describe('satisfactionInterval', () => {
  it.each([
    { run: 1, share: 0.95 },
    { run: 100, share: 0.95 },
    { run: 100, share: 0.5 },
    { run: 300, share: 0.9 },
  ])('covers the true share about 95 times of 100, however long the runs: %j', ({ run, share }) => {
    let covered = 0
    for (let seed = 0; seed < 200; seed++) {
      const [low, high] = satisfactionInterval(inRuns({ n: 20_000, run, share, seed }))
      if (low <= share && share <= high) covered++
    }
    expect(covered).toBeGreaterThanOrEqual(176)
  })

  it('is wider the longer the runs', () => {
    const width = (run: number) => {
      const [low, high] = satisfactionInterval(inRuns({ n: 20_000, run, share: 0.9, seed: 1 }))
      return high - low
    }
    expect(width(200)).toBeGreaterThan(3 * width(1))
  })

  it('has a width where nothing is violated, and encloses the share always', () => {
    const [low, high] = satisfactionInterval(new Float64Array(1000).fill(1))
    expect(high).toBe(1)
    expect(low).toBeGreaterThan(0.7)
    expect(low).toBeLessThan(0.95)
    expect(satisfactionInterval(new Float64Array(1000).fill(-1))[0]).toBe(0)
    expect(satisfactionInterval(Float64Array.of(-1))[0]).toBe(0)
    expect(satisfactionInterval(new Float64Array(0))).toEqual([0, 1])
    for (let n = 1; n < 60; n++) {
      const values = inRuns({ n, run: 3, share: 0.6, seed: n })
      const share = values.filter((value) => value > 0).length / n
      const [from, to] = satisfactionInterval(values)
      expect(from <= share && share <= to).toBe(true)
    }
  })

  it('believes one violated step of thousands hardly more than none, and one satisfied step neither', () => {
    const all = new Float64Array(20_000).fill(1)
    const [lowest] = satisfactionInterval(all)
    const [low, high] = satisfactionInterval(all.with(7000, -1))
    expect(low).toBeGreaterThan(lowest)
    expect(low).toBeLessThan(lowest + 0.1)
    expect(satisfactionInterval(all.map((value) => -value).with(7000, 1))[1]).toBeCloseTo(1 - low, 9)
    expect(high).toBeLessThanOrEqual(1)
    // Shares that agree by chance are worth about as much as shares that nearly do.
    const halves = Float64Array.from(all, (_, i) => (i % 1000 < 500 ? 1 : -1))
    expect(satisfactionInterval(halves)[0]).toBeCloseTo(satisfactionInterval(halves.with(0, -1))[0], 3)
  })
})
