import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NEVER, type Thresholds } from './ladder.ts'
import { levelsOf, roughReturn, type Tuned, tuneLadders, tuneThresholds } from './tune-thresholds.ts'

const levels = levelsOf(Float64Array.from({ length: 5_000 }, (_, i) => i / 100))

describe('levelsOf', () => {
  it('rise from the least value to Infinity, and lie where the tail is', () => {
    const finite = levels.slice(0, -1)
    expect([...finite]).toEqual([...new Set(finite)].sort((a, b) => a - b))
    expect(finite[0]).toBe(0)
    expect(levels.at(-1)).toBe(Number.POSITIVE_INFINITY)
    expect(finite.filter((level) => level > 49).length).toBeGreaterThan(finite.length / 3)
    expect(finite.at(-1)).toBe(49.98)
  })

  it('leave out what is not finite, and are Infinity alone where nothing is left', () => {
    expect([...levelsOf(Float64Array.of(Number.NEGATIVE_INFINITY, 2, Number.NaN, 1))]).toEqual(
      [1, 2, Number.POSITIVE_INFINITY].filter((level) => level !== 2),
    )
    expect([...levelsOf(Float64Array.of(Number.NaN))]).toEqual([Number.POSITIVE_INFINITY])
  })
})

describe('tuneThresholds', () => {
  it('finds the level nearest to the peak of a smooth return, for one, two and three thresholds', () => {
    const slots: Tuned[] = [['quarantine'], ['alert', 'quarantine'], ['alert', 'block', 'quarantine']]
    const peaks = fc.array(fc.integer({ min: 0, max: levels.length - 2 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(fc.constantFrom(...slots), peaks, (tuned, unordered) => {
        const goals = unordered.slice(0, tuned.length).sort((a, b) => a - b)
        const { thresholds, value } = tuneThresholds(levels, tuned, (tried) =>
          tuned.reduce((sum, name, i) => sum - Math.abs(levels.indexOf(tried[name]) - goals[i]), 0),
        )
        expect(tuned.map((name) => levels.indexOf(thresholds[name]))).toEqual(goals)
        expect(value).toBe(0)
      }),
    )
  })

  it('takes never where acting always costs', () => {
    const { thresholds } = tuneThresholds(levels, ['alert', 'quarantine'], ({ alert, quarantine }) =>
      Number.isFinite(alert) || Number.isFinite(quarantine) ? -1 : 0,
    )
    expect(thresholds.alert).toBe(Number.POSITIVE_INFINITY)
    expect(thresholds.quarantine).toBe(Number.POSITIVE_INFINITY)
  })

  it('leaves what is not tuned at never, and keeps the order of the others', () => {
    tuneThresholds(levels, ['alert', 'quarantine'], ({ alert, block, quarantine }) => {
      expect(block).toBe(Number.POSITIVE_INFINITY)
      expect(alert).toBeLessThanOrEqual(quarantine)
      return alert
    })
  })

  it('comes to the wall of a limit with all thresholds together, where one alone costs', () => {
    const tuned: Tuned = ['alert', 'block', 'quarantine']
    fc.assert(
      fc.property(fc.integer({ min: 0, max: levels.length - 2 }), (wall) => {
        const { thresholds } = tuneThresholds(
          levels,
          tuned,
          (tried) => {
            const [alert, block, quarantine] = tuned.map((name) => levels.indexOf(tried[name]))
            return quarantine < wall ? quarantine - 1000 : -quarantine - 5 * (quarantine - alert) - (quarantine - block)
          },
          true,
        )
        expect(tuned.map((name) => levels.indexOf(thresholds[name]))).toEqual([wall, wall, wall])
      }),
    )
  })

  it('is never below its own rough search', () => {
    const bumpy = ({ alert, quarantine }: { alert: number; quarantine: number }) =>
      Math.sin(7 * Math.min(alert, 60)) + Math.cos(3 * Math.min(quarantine, 60))
    const tuned: Tuned = ['alert', 'quarantine']
    expect(tuneThresholds(levels, tuned, bumpy).value).toBeGreaterThanOrEqual(roughReturn(levels, tuned, bumpy))
  })
})

describe('tuneLadders', () => {
  it('finds the best thresholds of each ladder, from one for all, and leaves out what a ladder has not', () => {
    const tuned: readonly Tuned[] = [
      ['block', 'quarantine'],
      ['alert', 'quarantine'],
    ]
    const wanted = [
      { ...NEVER, block: levels[10], quarantine: levels[70] },
      { ...NEVER, alert: levels[3], quarantine: levels[41] },
    ]
    const distance = (ladder: Thresholds, own: Thresholds, names: Tuned) =>
      names.reduce((sum, name) => sum + Math.abs(levels.indexOf(ladder[name]) - levels.indexOf(own[name])), 0)
    const start = { alert: levels[20], block: levels[40], quarantine: Number.POSITIVE_INFINITY }
    const found = tuneLadders(levels, tuned, start, (ladders) =>
      ladders.reduce((sum, ladder, i) => sum - distance(ladder, wanted[i], tuned[i]), 0),
    )
    expect(found).toEqual({ ladders: wanted, value: 0 })
  })
})
