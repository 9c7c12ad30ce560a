import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootstrapInterval, type Strata } from './bootstrap.ts'
import { interquartileMean, meanOf } from './interquartile-mean.ts'
import { pairedDifference, shareAhead } from './paired.ts'

const finite = fc.double({ min: -100, max: 100, noNaN: true })
const few = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 6 })

/** Every resample of one stratum, each as likely as any other. */
const allResamples = (scores: readonly number[]): number[][] =>
  scores.reduce<number[][]>((lists) => lists.flatMap((list) => scores.map((score) => [...list, score])), [[]])
const share = (values: readonly number[], holds: (value: number) => boolean) =>
  values.filter(holds).length / values.length

describe('interquartileMean', () => {
  it.each([
    [[3], 3],
    [[1, 2, 9], 4],
    [[9, 1, 2, 4], 3],
    [[100, 1, 2, 3, -50], 2],
    [[8, 7, 6, 5, 4, 3, 2, 1], 4.5],
  ])('of %j is %d, as scipy.stats.trim_mean with a quarter cut gives', (scores, expected) => {
    expect(interquartileMean(scores)).toBeCloseTo(expected, 12)
  })

  it('of whole quarters is the mean of what is above the lower and below the upper quarter', () => {
    fc.assert(
      fc.property(fc.uniqueArray(finite, { minLength: 4, maxLength: 24 }), (all) => {
        const scores = all.slice(0, all.length - (all.length % 4))
        const rank = (score: number) => scores.filter((other) => other < score).length
        const middle = scores.filter(
          (score) => rank(score) >= scores.length / 4 && rank(score) < (3 * scores.length) / 4,
        )
        expect(interquartileMean(scores)).toBeCloseTo(middle.reduce((sum, x) => sum + x, 0) / middle.length, 9)
      }),
    )
  })
})

describe('shareAhead', () => {
  it('is the share of pairs above 0, ties half, and counts every task alike', () => {
    fc.assert(
      fc.property(fc.array(few, { minLength: 1, maxLength: 4 }), (tasks) => {
        const shares = tasks.map((pairs) => {
          const [ahead, level] = [pairs.filter((x) => x > 0).length, pairs.filter((x) => x === 0).length]
          return (2 * ahead + level) / (2 * pairs.length)
        })
        expect(shareAhead(tasks).share).toBeCloseTo(meanOf(shares), 12)
      }),
      { numRuns: 20 },
    )
  })

  // Comparing each of one side with each of the other, 2,000 times over, takes minutes.
  it('of two thousand pairs is that of a normal distribution', () => {
    const pairs = Array.from({ length: 2000 }, (_, i) => Math.sin(i))
    const { low, high } = shareAhead([pairs])
    expect(low).toBeCloseTo(0.5 - 1.96 * Math.sqrt(0.25 / 2000), 2)
    expect(high).toBeCloseTo(0.5 + 1.96 * Math.sqrt(0.25 / 2000), 2)
  })

  it('draws pairs task by task', () => {
    expect(shareAhead([[1, 2, 3], [-1]])).toEqual({ share: 0.5, low: 0.5, high: 0.5 })
    expect(shareAhead([[1, -1], [1]])).toEqual({ share: 0.75, low: 0.5, high: 1 })
  })
})

describe('pairedDifference', () => {
  it('has the tails of all 3,125 resamples of five pairs', () => {
    const differences = [-0.2, 0.1, 0.4, 0.5, 1.3]
    const all = allResamples(differences).map(meanOf)
    const { difference, low, high } = pairedDifference(differences)
    expect(difference).toBeCloseTo(0.42, 12)
    // As of the interquartile mean below; of 2,000 resamples the tails are known less well.
    const slack = 0.012
    expect(share(all, (value) => value < low - 1e-9)).toBeLessThan(0.025 + slack)
    expect(share(all, (value) => value <= low + 1e-9)).toBeGreaterThan(0.025 - slack)
    expect(share(all, (value) => value > high + 1e-9)).toBeLessThan(0.025 + slack)
    expect(share(all, (value) => value >= high - 1e-9)).toBeGreaterThan(0.025 - slack)
  })
})

describe('bootstrapInterval', () => {
  it('has the tails of all 3,125 resamples of five scores', () => {
    const scores = [0.91, 0.93, 0.94, 0.97, 0.99]
    const all = allResamples(scores).map(interquartileMean)
    const { low, high } = bootstrapInterval([scores], ([drawn]) => interquartileMean(drawn), { resamples: 20_000 })
    // Values are discrete: the tail beyond an end is at most 2.5 %, and with the end itself at least that.
    const slack = 0.006
    expect(share(all, (value) => value < low - 1e-9)).toBeLessThan(0.025 + slack)
    expect(share(all, (value) => value <= low + 1e-9)).toBeGreaterThan(0.025 - slack)
    expect(share(all, (value) => value > high + 1e-9)).toBeLessThan(0.025 + slack)
    expect(share(all, (value) => value >= high - 1e-9)).toBeGreaterThan(0.025 - slack)
  })

  it('of the mean of many scores is the one of the central limit', () => {
    const scores = Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898) * 3)
    const mean = meanOf(scores)
    const error = Math.sqrt(meanOf(scores.map((x) => (x - mean) ** 2)) / scores.length)
    const { low, high } = bootstrapInterval([scores], ([drawn]) => meanOf(drawn))
    expect(low).toBeCloseTo(mean - 1.96 * error, 1)
    expect(high).toBeCloseTo(mean + 1.96 * error, 1)
  })

  it('draws each stratum from its own scores', () => {
    const strata = [[1, 2], [10], [100, 200, 300]]
    const own = (drawn: Strata) =>
      drawn.every((scores, i) => scores.length === strata[i].length && scores.every((x) => strata[i].includes(x)))
    expect(bootstrapInterval(strata, (drawn) => Number(own(drawn)))).toEqual({ low: 1, high: 1 })
  })

  it('is the same each time, and another for another lane', () => {
    const scores = Array.from({ length: 12 }, (_, i) => Math.sin(i))
    const interval = (lane: number) => bootstrapInterval([scores], ([drawn]) => meanOf(drawn), { lane })
    expect(interval(3)).toEqual(interval(3))
    expect(interval(3)).not.toEqual(interval(4))
  })
})
