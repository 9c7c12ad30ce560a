import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generalisedAdvantages } from './gae.ts'
import { discounts, forEachEntry, segments, singleColumn, stepsToTheEnd, tolerance } from './returns.arbitrary.ts'
import { monteCarloReturns, type ValuedSegment } from './returns.ts'

function advantagesOf(segment: ValuedSegment, gamma: number, gaeLambda: number): number[] {
  const out = new Float32Array(segment.rewards.length).fill(Number.NaN)
  generalisedAdvantages(segment, { gamma, gaeLambda }, out)
  return [...out]
}

describe('closed form', () => {
  test('constant temporal difference: the geometric series of gamma lambda', () => {
    // V = 0 everywhere, so delta is the reward.
    const advantages = advantagesOf(singleColumn({ rewards: new Array(10).fill(3) }), 0.9, 0.8)
    const decay = 0.9 * 0.8
    for (const [t, value] of advantages.entries()) {
      expect(value).toBeCloseTo((3 * (1 - decay ** (10 - t))) / (1 - decay), 5)
    }
  })

  test('a critic that is right leaves no advantage', () => {
    // Reward 1 for ever at gamma 0.5 is worth 2.
    const two = [2, 2, 2, 2]
    const segment = singleColumn({ rewards: [1, 1, 1, 1], values: two, nextValues: two })
    expect(advantagesOf(segment, 0.5, 0.95)).toEqual([0, 0, 0, 0])
  })
})

describe('ends', () => {
  const rewards = [1, 1, 1]
  const values = [10, 20, 40]
  const nextValues = [20, 60, 80]

  test('one step', () => {
    expect(advantagesOf(singleColumn({ rewards: [1], values: [2], nextValues: [8] }), 0.5, 0.9)).toEqual([3])
    const ended = singleColumn({ rewards: [1], values: [2], nextValues: [8], terminated: [1] })
    expect(advantagesOf(ended, 0.5, 0.9)).toEqual([-1])
  })

  test('terminated: neither value nor advantage of what follows', () => {
    const segment = singleColumn({ rewards, values, nextValues, terminated: [0, 1, 0] })
    expect(advantagesOf(segment, 1, 1)).toEqual([11 - 19, -19, 41])
  })

  test('truncated: the value of what would have followed, not its advantage', () => {
    const segment = singleColumn({ rewards, values, nextValues, truncated: [0, 1, 0] })
    expect(advantagesOf(segment, 1, 1)).toEqual([11 + 41, 41, 41])
  })

  test('terminated wins over truncated', () => {
    const segment = singleColumn({ rewards, values, nextValues, terminated: [0, 1, 0], truncated: [0, 1, 0] })
    expect(advantagesOf(segment, 1, 1)).toEqual([11 - 19, -19, 41])
  })
})

test('agrees with the sum of eq. 16 over each episode', () => {
  fc.assert(
    fc.property(segments, discounts, discounts, (segment, gamma, gaeLambda) => {
      const advantages = advantagesOf(segment, gamma, gaeLambda)
      forEachEntry(segment, (at, t, column) => {
        const expected = stepsToTheEnd(segment, t, column)
          .map((step) => step.reward + (step.terminated ? 0 : gamma * step.nextValue) - step.value)
          .reduce((sum, delta, l) => sum + (gamma * gaeLambda) ** l * delta, 0)
        expect(Math.abs(advantages[at] - expected)).toBeLessThanOrEqual(tolerance(expected))
      })
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('lambda = 1: advantage + value is the bootstrapped Monte Carlo return', () => {
  fc.assert(
    fc.property(segments, discounts, (segment, gamma) => {
      const advantages = advantagesOf(segment, gamma, 1)
      const returns = new Float32Array(advantages.length)
      monteCarloReturns(segment, { gamma, bootstrap: segment.nextValues }, returns)
      for (const [at, expected] of returns.entries()) {
        const actual = advantages[at] + segment.values[at]
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance(expected) + tolerance(advantages[at]))
      }
    }),
    { seed: 2, numRuns: 300 },
  )
})

test('lambda = 0: the one-step temporal difference', () => {
  fc.assert(
    fc.property(segments, discounts, (segment, gamma) => {
      const advantages = advantagesOf(segment, gamma, 0)
      forEachEntry(segment, (at, t, column) => {
        const [step] = stepsToTheEnd(segment, t, column)
        const expected = step.reward + (step.terminated ? 0 : gamma * step.nextValue) - step.value
        expect(advantages[at]).toBe(Math.fround(expected))
      })
    }),
    { seed: 3, numRuns: 300 },
  )
})

test.each<[string, Partial<ValuedSegment>]>([
  ['rewards', { rewards: new Float32Array(2) }],
  ['values', { values: new Float32Array(4) }],
  ['nextValues', { nextValues: new Float32Array(0) }],
])('bad shape: %s', (field, change) => {
  const segment = { ...singleColumn({ rewards: [1, 2, 3] }), ...change }
  const out = new Float32Array(3)
  const call = () => generalisedAdvantages(segment, { gamma: 0.9, gaeLambda: 0.9 }, out)
  expect(call).toThrow(VigilError)
  expect(call).toThrow(`${field} must hold 3 values`)
})

test('bad shape: out', () => {
  const call = () =>
    generalisedAdvantages(singleColumn({ rewards: [1, 2, 3] }), { gamma: 0.9, gaeLambda: 0.9 }, new Float32Array(2))
  expect(call).toThrow('out must hold 3 values, received 2 values')
})
