import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { counterfactualAdvantages, normaliseAdvantages } from './advantages.ts'

function normalised(advantages: number[], weights: number[] | null = null): number[] {
  const out = new Float32Array(advantages.length).fill(Number.NaN)
  normaliseAdvantages({
    advantages: Float32Array.from(advantages),
    weights: weights && Float32Array.from(weights),
    out,
  })
  return [...out]
}

describe('normaliseAdvantages', () => {
  test('closed form', () => {
    expect(normalised([1, 3])).toEqual([-1, 1])
    expect(normalised([1, 3, 100], [1, 1, 0])).toEqual([-1, 1, 98])
  })

  test('one mean and deviation over all agents: the order of their sizes stays', () => {
    // Agent 0 has advantages of size 1, agent 1 of size 10.
    const [a, b, c, d] = normalised([-1, 1, -10, 10])
    expect(c / a).toBeCloseTo(10, 5)
    expect(d / b).toBeCloseTo(10, 5)
  })

  test('agrees with two passes over the weighted entries', () => {
    const entry = fc.record({ advantage: fc.integer({ min: -1000, max: 1000 }), weight: fc.constantFrom(0, 1) })
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 50 }), (entries) => {
        const advantages = entries.map(({ advantage }) => advantage)
        const counted = entries.filter(({ weight }) => weight === 1).map(({ advantage }) => advantage)
        const mean = counted.length > 0 ? counted.reduce((sum, value) => sum + value, 0) / counted.length : 0
        const variance = counted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(counted.length, 1)
        const deviation = counted.every((value) => value === counted[0]) ? 1 : Math.sqrt(variance)
        const out = normalised(
          advantages,
          entries.map(({ weight }) => weight),
        )
        for (const [i, advantage] of advantages.entries()) {
          const expected = (advantage - mean) / deviation
          expect(Math.abs(out[i] - expected)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(expected)))
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('constant advantages become exactly 0', () => {
    expect(normalised(new Array(999).fill(0.1))).toEqual(new Array(999).fill(0))
  })

  test('a difference of rounding stays one, whatever the advantages are', () => {
    for (const value of [0.1, 3, -250_000]) {
      const advantages = new Float32Array(8192).fill(value)
      const ulp = Math.abs(Math.fround(value * (1 + 2 ** -23)) - Math.fround(value)) || Math.abs(value) * 2 ** -23
      advantages[17] = value + ulp
      const out = new Float32Array(8192)
      normaliseAdvantages({ advantages, weights: null, out })
      expect(Math.max(...out.map(Math.abs))).toBeLessThanOrEqual(2 * ulp)
    }
  })

  test('what is left of rewards by rounding is no signal, though it has no mean', () => {
    // r - sum pi r of a policy that is certain: 8.5 - 8.5 (1 - 1e-7), and the like below 0.
    const advantages = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 9e-7 : -9e-7))
    const out = new Float32Array(1000)
    normaliseAdvantages({ advantages, weights: null, magnitude: 8.5, out })
    expect([...out]).toEqual([...advantages])
    normaliseAdvantages({ advantages, weights: null, magnitude: 1e-6, out })
    expect(out[0]).toBeCloseTo(1, 5)
  })

  test('tiny advantages that are real become as large as others', () => {
    const advantages = [3, -1, 0.5, -7, 2]
    const reference = normalised(advantages)
    for (const power of [-60, -20, -1, 20]) {
      expect(normalised(advantages.map((value) => value * 2 ** power))).toEqual(reference)
    }
    // A spread of a thousandth of the mean is real too.
    const [low, high] = normalised([1, 1.002])
    expect([low, high]).toEqual([expect.closeTo(-1, 3), expect.closeTo(1, 3)])
  })

  test('one, none, and none that counts', () => {
    expect(normalised([7])).toEqual([0])
    expect(normalised([])).toEqual([])
    expect(normalised([7, 9], [0, 0])).toEqual([7, 9])
  })

  test('in place', () => {
    const advantages = Float32Array.of(1, 3)
    normaliseAdvantages({ advantages, weights: null, out: advantages })
    expect([...advantages]).toEqual([-1, 1])
  })

  test('bad shapes', () => {
    const advantages = new Float32Array(3)
    const call = (weights: Float32Array | null, out: Float32Array) => () =>
      normaliseAdvantages({ advantages, weights, out })
    expect(call(new Float32Array(2), new Float32Array(3))).toThrow('weights must hold 3 values, received 2 values')
    expect(call(null, new Float32Array(4))).toThrow(VigilError)
  })
})

describe('counterfactualAdvantages', () => {
  const advantagesOf = (rewards: number[], expectedRewards: number[], length = rewards.length) => {
    const out = new Float32Array(length).fill(Number.NaN)
    counterfactualAdvantages({
      rewards: Float32Array.from(rewards),
      expectedRewards: Float32Array.from(expectedRewards),
      out,
    })
    return [...out]
  }

  test('closed form: a threat under the default reward table, the policy undecided', () => {
    // allow -10, block +8.5, quarantine +8.5, alert -10: a uniform policy expects -0.75.
    expect(advantagesOf([-10, 8.5, 8.5, -10], [-0.75, -0.75, -0.75, -0.75])).toEqual([-9.25, 9.25, 9.25, -9.25])
  })

  test('a certain policy has no advantage', () => {
    expect(advantagesOf([8.5], [8.5])).toEqual([0])
  })

  test('bad shapes', () => {
    expect(() => advantagesOf([1, 2], [1])).toThrow('expectedRewards must hold 2 values')
    expect(() => advantagesOf([1], [1], 2)).toThrow(VigilError)
  })
})
