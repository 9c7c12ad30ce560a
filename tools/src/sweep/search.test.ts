import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { survivors } from './search.ts'

/** Outcomes of trials 1, 2, ... with these rewards; null = without a score. */
function outcomesOf(rewards: readonly (number | null)[]) {
  const rest = { shortfall: 0, cost: 1, f1: 0, alertRate: 0, undecidedRate: 0, learningSeconds: 0 }
  return rewards.map((rewardMean, i) => ({
    ...{ trial: i + 1, units: [0.5], values: {}, reason: rewardMean === null ? 'diverged' : null },
    score: rewardMean === null ? null : { ...rest, rewardMean, iterations: 1, isFinal: false },
  }))
}

const numbers = (rewards: readonly (number | null)[], count: number) =>
  survivors(outcomesOf(rewards), count).map(({ trial }) => trial)

describe('survivors', () => {
  it('are the best trials, and the first one beside them', () => {
    expect(numbers([1, 3, 2, 4], 2)).toEqual([4, 2, 1])
    expect(numbers([9, 3, 2, 4], 2)).toEqual([1, 4])
    expect(numbers([null, 3, 2, 4], 1)).toEqual([4])
  })

  it('never end below the first trial', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (r, n) => {
          const kept = numbers(r, n).map((trial) => r[trial - 1])
          expect(Math.max(...kept)).toBe(Math.max(...r))
          expect(kept).toContain(r[0])
        },
      ),
    )
  })
})
