import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trimmedMeans } from './trimmed-means.ts'

describe('the score of a team', () => {
  it('is the mean of the scores that are left without the f highest and lowest', () => {
    const scores = Float32Array.of(0.25, 1, 0, 0.75, 0.5, 0.5, 0.5, 0.5)
    expect([...trimmedMeans(scores, 4, 1)]).toEqual([0.5, 0.5])
    expect([...trimmedMeans(scores, 4, 0)]).toEqual([0.5, 0.5])
    expect([...trimmedMeans(scores, 8, 2)]).toEqual([0.5])
  })

  it('stays within the scores of the honest agents, whatever f others say', () => {
    const share = fc.float({ min: 0, max: 1, noNaN: true })
    const teams = fc
      .integer({ min: 0, max: 4 })
      .chain((f) =>
        fc.tuple(
          fc.array(share, { minLength: 2 * f + 1, maxLength: 2 * f + 4 }),
          fc.array(share, { minLength: f, maxLength: f }),
        ),
      )
    fc.assert(
      fc.property(teams, ([honest, liars]) => {
        const team = Float32Array.from([...honest, ...liars])
        const [score] = trimmedMeans(team, team.length, liars.length)
        expect(score).toBeGreaterThanOrEqual(Math.fround(Math.min(...honest)) - 1e-6)
        expect(score).toBeLessThanOrEqual(Math.fround(Math.max(...honest)) + 1e-6)
      }),
    )
  })
})
