import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generalisedAdvantages } from './gae.ts'
import {
  discounts,
  forEachEntry,
  type Step,
  segments,
  singleColumn,
  stepsToTheEnd,
  tolerance,
} from './returns.arbitrary.ts'
import { monteCarloReturns, type ValuedSegment } from './returns.ts'
import { tdLambdaReturns } from './td-lambda.ts'

function returnsOf(segment: ValuedSegment, gamma: number, tdLambda: number): number[] {
  const out = new Float32Array(segment.rewards.length).fill(Number.NaN)
  tdLambdaReturns(segment, { gamma, tdLambda }, out)
  return [...out]
}

describe('closed form', () => {
  test('a critic that is right is confirmed, whatever lambda', () => {
    // Reward 1 for ever at gamma 0.5 is worth 2.
    const segment = singleColumn({ rewards: [1, 1, 1], nextValues: [2, 2, 2] })
    for (const tdLambda of [0, 0.3, 1]) expect(returnsOf(segment, 0.5, tdLambda)).toEqual([2, 2, 2])
  })

  test('two steps by hand', () => {
    // G_1 = 2 + 0.5 * 12 = 8; G_0 = 1 + 0.5 * (0.75 * 4 + 0.25 * 8) = 3.5
    expect(returnsOf(singleColumn({ rewards: [1, 2], nextValues: [4, 12] }), 0.5, 0.25)).toEqual([3.5, 8])
  })
})

describe('ends', () => {
  const rewards = [1, 1, 1]
  const nextValues = [20, 60, 80]

  test('one step', () => {
    expect(returnsOf(singleColumn({ rewards: [1], nextValues: [8] }), 0.5, 0.9)).toEqual([5])
    expect(returnsOf(singleColumn({ rewards: [1], nextValues: [8], terminated: [1] }), 0.5, 0.9)).toEqual([1])
  })

  test('terminated: nothing follows', () => {
    const segment = singleColumn({ rewards, nextValues, terminated: [0, 1, 0] })
    expect(returnsOf(segment, 1, 1)).toEqual([2, 1, 81])
  })

  test('truncated: the value of what would have followed', () => {
    const segment = singleColumn({ rewards, nextValues, truncated: [0, 1, 0] })
    expect(returnsOf(segment, 1, 1)).toEqual([62, 61, 81])
  })
})

test('agrees with the mixture of n-step returns (Sutton and Barto 2018, eq. 12.3)', () => {
  fc.assert(
    fc.property(segments, discounts, discounts, (segment, gamma, tdLambda) => {
      const returns = returnsOf(segment, gamma, tdLambda)
      forEachEntry(segment, (at, t, column) => {
        const expected = mixedReturn(stepsToTheEnd(segment, t, column), gamma, tdLambda)
        expect(Math.abs(returns[at] - expected)).toBeLessThanOrEqual(tolerance(expected))
      })
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('equals generalised advantages + values', () => {
  fc.assert(
    fc.property(segments, discounts, discounts, (segment, gamma, lambda) => {
      const returns = returnsOf(segment, gamma, lambda)
      const advantages = new Float32Array(returns.length)
      generalisedAdvantages(segment, { gamma, gaeLambda: lambda }, advantages)
      for (const [at, advantage] of advantages.entries()) {
        const expected = advantage + segment.values[at]
        expect(Math.abs(returns[at] - expected)).toBeLessThanOrEqual(tolerance(expected) + tolerance(advantage))
      }
    }),
    { seed: 2, numRuns: 300 },
  )
})

test('lambda = 1 equals bootstrapped Monte Carlo returns, exactly', () => {
  fc.assert(
    fc.property(segments, discounts, (segment, gamma) => {
      const returns = new Float32Array(segment.rewards.length)
      monteCarloReturns(segment, { gamma, bootstrap: segment.nextValues }, returns)
      expect(returnsOf(segment, gamma, 1)).toEqual([...returns])
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('bad shapes', () => {
  const segment = singleColumn({ rewards: [1, 2, 3] })
  const discounting = { gamma: 0.9, tdLambda: 0.9 }
  const out = new Float32Array(3)
  expect(() => tdLambdaReturns({ ...segment, nextValues: new Float32Array(2) }, discounting, out)).toThrow(VigilError)
  expect(() => tdLambdaReturns({ ...segment, rewards: new Float32Array(2) }, discounting, out)).toThrow(VigilError)
  expect(() => tdLambdaReturns(segment, discounting, new Float32Array(2))).toThrow(VigilError)
})

/** Oracle: (1 - lambda) sum lambda^(n-1) G_{t:t+n}, all that is left of the weight on the longest return. */
function mixedReturn(steps: Step[], gamma: number, lambda: number): number {
  const nStepReturns = steps.map((last, index) => {
    const rewards = steps.slice(0, index + 1).reduce((sum, step, k) => sum + gamma ** k * step.reward, 0)
    return rewards + (last.terminated ? 0 : gamma ** (index + 1) * last.nextValue)
  })
  const longest = nStepReturns.length - 1
  return nStepReturns.reduce((sum, value, index) => {
    const weight = index < longest ? (1 - lambda) * lambda ** index : lambda ** index
    return sum + weight * value
  }, 0)
}
