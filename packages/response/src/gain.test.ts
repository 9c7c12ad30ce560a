import { fillGaussian, randomStream } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { type Compared, gainInWords, gainOf } from './gain.ts'

const comparedWith = (team: Float64Array, best: Float64Array, bound = 0): Compared => ({
  allow: best.map(() => -9),
  rule: best.map(() => -5),
  best: { name: 'ladder', returns: best },
  boosting: null,
  team,
  bound,
})

function gaussians(seed: number, count: number): Float64Array {
  const values = new Float64Array(count)
  fillGaussian(randomStream(seed, 'diagnosis'), values)
  return values
}

describe('gainOf', () => {
  it('has means per stream and the share of what was possible', () => {
    const gain = gainOf(comparedWith(Float64Array.of(-1, -3), Float64Array.of(-2, -4), -1), 1)
    expect(gain).toMatchObject({ allow: -9, rule: -5, best: -3, team: -2, bound: -1, bestName: 'ladder', share: 0.75 })
  })

  it('pairs streams: a difference that is the same on all of them is known exactly', () => {
    const best = gaussians(1, 50).map((value) => 100 * value)
    const { low, high } = gainOf(
      comparedWith(
        best.map((value) => value + 0.25),
        best,
      ),
      1,
    )
    expect(low).toBeCloseTo(0.25, 9)
    expect(high).toBeCloseTo(0.25, 9)
  })

  it('has the width of the normal interval where that holds', () => {
    const count = 2_000
    const best = new Float64Array(count)
    const team = gaussians(2, count)
    const { low, high } = gainOf(comparedWith(team, best), 3)
    const mean = team.reduce((sum, value) => sum + value, 0) / count
    const half = 1.96 / Math.sqrt(count)
    expect(Math.abs(low - (mean - half))).toBeLessThan(0.15 * half)
    expect(Math.abs(high - (mean + half))).toBeLessThan(0.15 * half)
  })

  it('covers the true difference about 95 times in 100', () => {
    const hits = Array.from({ length: 200 }, (_, seed) => {
      const { low, high } = gainOf(comparedWith(gaussians(seed, 60), new Float64Array(60)), seed)
      return low <= 0 && 0 <= high
    })
    const share = hits.filter(Boolean).length / hits.length
    expect(share).toBeGreaterThan(0.89)
    expect(share).toBeLessThan(0.99)
  })

  it('compares the same streams with the best rule on boosting, where that is another one', () => {
    const [team, best] = [gaussians(5, 40), gaussians(6, 40)]
    const returns = team.map((value) => value - 0.5)
    const { boosting, low, high } = gainOf({ ...comparedWith(team, best), boosting: { name: 'cusum', returns } }, 1)
    expect(boosting).toMatchObject({ bestName: 'cusum', best: returns.reduce((sum, value) => sum + value, 0) / 40 })
    expect(boosting!.low).toBeCloseTo(0.5, 9)
    expect(boosting!.high).toBeCloseTo(0.5, 9)
    const { boosting: none, ...alone } = gainOf(comparedWith(team, best), 1)
    expect(none).toBeNull()
    expect(alone).toMatchObject({ low, high })
    expect(() =>
      gainOf({ ...comparedWith(team, best), boosting: { name: 'cusum', returns: best.subarray(1) } }, 1),
    ).toThrow(/same streams/)
  })

  it('has no share where the per-event rule reaches the bound', () => {
    expect(gainOf(comparedWith(Float64Array.of(-1), Float64Array.of(-1), -5), 1).share).toBeNull()
  })

  it.each([
    ['no stream', new Float64Array(0), new Float64Array(0)],
    ['returns of other streams', new Float64Array(2), new Float64Array(3)],
  ])('refuses %s', (_, team, best) => {
    expect(() => gainOf(comparedWith(team, best), 1)).toThrow(expect.objectContaining({ code: 'STREAMS' }))
  })
})

describe('gainInWords', () => {
  const gain = { allow: -9, rule: -5, bestName: 'ladder', bound: -2, share: 0.9, boosting: null }

  it.each([
    [
      { best: -2.3, team: -2.2, low: 0.05, high: 0.15 },
      'RL is needed here: the team gains 0.100 (0.050 to 0.150) per stream over the best tuned rule, ladder.',
    ],
    [
      { best: -2.3, team: -2.2, low: -0.05, high: 0.25 },
      'RL is not needed here: the team gains 0.100 (-0.050 to 0.250) per stream over the best tuned rule, ladder.',
    ],
    [
      { best: -2.2, team: -2.3, low: -0.15, high: -0.05 },
      "RL is not needed here: the team's return per stream differs by -0.100 (-0.150 to -0.050) from that of the best tuned rule, ladder.",
    ],
    [
      { best: -2.3, team: -2.307, low: -0.033, high: 0.018 },
      "RL is not needed here: the team's return per stream differs by -0.007 (-0.033 to 0.018) from that of the best tuned rule, ladder.",
    ],
  ])('of %o', (figures, sentence) => {
    expect(gainInWords({ ...gain, ...figures })).toBe(sentence)
  })

  it.each([
    [
      { best: -2.9, bestName: 'cusum on boosting', low: 0.5, high: 0.7 },
      "The team gains 0.600 (0.500 to 0.700) per stream over cusum on boosting, the best tuned rule on a classifier's score. RL is not needed here:",
    ],
    [
      { best: -2.2, bestName: 'cusum on boosting', low: -0.2, high: 0 },
      "The team's return per stream differs by -0.100 (-0.200 to 0.000) from that of cusum on boosting, the best tuned rule on a classifier's score. RL is not",
    ],
  ])('begins with %o, where the best rule does not read boosting', (boosting, sentence) => {
    const figures = { best: -2.2, team: -2.3, low: -0.15, high: -0.05 }
    expect(gainInWords({ ...gain, ...figures, boosting }).slice(0, sentence.length)).toBe(sentence)
  })
})
