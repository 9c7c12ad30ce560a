import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareScores, paretoFront, rungsOf, type Score } from './rank.ts'

const scores = fc.array(
  fc.record({
    shortfall: fc.constantFrom(0, 0, 0.1),
    rewardMean: fc.integer({ min: 0, max: 5 }),
    cost: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 12 },
)

describe('paretoFront', () => {
  it('has exactly the values that no other dominates', () => {
    const dominates = (a: Score, b: Score) => {
      const better = compareScores(a, b)
      return better <= 0 && a.cost <= b.cost && (better < 0 || a.cost < b.cost)
    }
    const distinct = (entries: readonly Score[]) => [...new Set(entries.map((entry) => JSON.stringify(entry)))].sort()
    fc.assert(
      fc.property(scores, (entries) => {
        const expected = entries.filter((entry) => !entries.some((other) => dominates(other, entry)))
        expect(distinct(paretoFront(entries))).toEqual(distinct(expected))
        expect(paretoFront(entries)).toHaveLength(distinct(expected).length)
      }),
    )
  })
})

describe('compareScores', () => {
  it('puts targets before reward, and never asks for costs', () => {
    const score = (shortfall: number, rewardMean: number, cost = 1) => ({ shortfall, rewardMean, cost })
    expect(compareScores(score(0, 1), score(0.1, 9))).toBeLessThan(0)
    expect(compareScores(score(0, 2), score(0, 1))).toBeLessThan(0)
    expect(compareScores(score(0, 1, 5), score(0, 1, 9))).toBe(0)
  })
})

describe('rungsOf', () => {
  const rungs = (trials: number, iterations: number, validateEvery = 1, eta = 3) =>
    rungsOf(trials, { iterations, validateEvery, eta }).map((rung) => [rung.trials, rung.iterations])

  it.each([
    [
      rungs(27, 27),
      [
        [27, 1],
        [9, 3],
        [3, 9],
        [1, 27],
      ],
    ],
    [
      rungs(9, 60, 5),
      [
        [9, 10],
        [3, 20],
        [1, 60],
      ],
    ],
    [
      rungs(4, 9, 1, 2),
      [
        [4, 3],
        [2, 5],
        [1, 9],
      ],
    ],
    [rungs(1, 60, 5), [[1, 60]]],
    [rungs(27, 4, 4), [[27, 4]]],
    [rungs(100, 6, 5, 2), [[100, 6]]],
  ])('are %j', (found, expected) => {
    expect(found).toEqual(expected)
  })

  it('begin with all trials, keep fewer and go further each time, and end at the end', () => {
    const size = fc.integer({ min: 1, max: 200 })
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 2, max: 5 }), (n, r, every, eta) => {
        const found = rungs(n, r, every, eta)
        expect(found[0][0]).toBe(n)
        expect(found.at(-1)![1]).toBe(r)
        for (let i = 1; i < found.length; i++) {
          expect(found[i][0]).toBeLessThan(found[i - 1][0])
          expect(found[i][1]).toBeGreaterThan(found[i - 1][1])
          expect(found[i - 1][1] % every).toBe(0)
        }
      }),
    )
  })
})
