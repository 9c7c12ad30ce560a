import { describe, expect, it } from 'vitest'
import { isBetter, rankedBy } from './best-validation.ts'

const specifications = [
  { name: 'a', formula: 'a > 0', target: 0.9 },
  { name: 'b', formula: 'b > 0', target: 0.8 },
]

describe('the best validation', () => {
  it('meets the targets first, and earns most then, where training strives for targets', () => {
    const rank = (satisfied: number[], rewardMean: number) =>
      rankedBy({ stlMode: 'lagrangian', specifications }, { satisfied, rewardMean })
    expect(rank([0.8, 0.78], 1).shortfall).toBeCloseTo(0.1, 12)
    const early = { iteration: 1, ...rank([0.5, 0.9], 9) }
    const later = { iteration: 2, ...rank([0.95, 0.85], 1) }
    const last = { iteration: 3, ...rank([0.91, 0.99], 2) }
    expect([isBetter(early, null), isBetter(later, early), isBetter(early, later)]).toEqual([true, true, false])
    expect([isBetter(last, later), isBetter(later, last), isBetter(last, last)]).toEqual([true, false, false])
  })

  it('is the one with the most reward otherwise', () => {
    for (const stlMode of ['off', 'penalty', 'fixed-target'] as const) {
      expect(rankedBy({ stlMode, specifications }, { satisfied: [0, 0], rewardMean: 3 })).toEqual({
        shortfall: 0,
        rewardMean: 3,
      })
    }
  })
})
