import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { discounts, forEachEntry, segments, singleColumn, stepsToTheEnd, tolerance } from './returns.arbitrary.ts'
import { monteCarloReturns, type Segment, type ValuedSegment } from './returns.ts'

function returnsOf(segment: Segment, gamma: number, bootstrap: Float32Array | null = null): number[] {
  const out = new Float32Array(segment.rewards.length).fill(Number.NaN)
  monteCarloReturns(segment, { gamma, bootstrap }, out)
  return [...out]
}

describe('closed form', () => {
  test('constant reward: the geometric series', () => {
    const gamma = 0.9
    const returns = returnsOf(singleColumn({ rewards: new Array(20).fill(2) }), gamma)
    for (const [t, value] of returns.entries())
      expect(value).toBeCloseTo((2 * (1 - gamma ** (20 - t))) / (1 - gamma), 4)
  })

  test('gamma 0: the rewards', () => {
    expect(returnsOf(singleColumn({ rewards: [1, -8, 10] }), 0)).toEqual([1, -8, 10])
  })

  test('gamma 1: the sum of what follows', () => {
    expect(returnsOf(singleColumn({ rewards: [1, -8, 10] }), 1)).toEqual([3, 2, 10])
  })
})

describe('ends', () => {
  const rewards = [1, 2, 4]
  const bootstrap = Float32Array.of(100, 200, 400)

  test('one step', () => {
    expect(returnsOf(singleColumn({ rewards: [5] }), 0.5)).toEqual([5])
    expect(returnsOf(singleColumn({ rewards: [5] }), 0.5, Float32Array.of(8))).toEqual([9])
    expect(returnsOf(singleColumn({ rewards: [5], terminated: [1] }), 0.5, Float32Array.of(8))).toEqual([5])
  })

  test('the last step of the segment bootstraps, or counts as the end', () => {
    expect(returnsOf(singleColumn({ rewards }), 0.5)).toEqual([3, 4, 4])
    expect(returnsOf(singleColumn({ rewards }), 0.5, bootstrap)).toEqual([53, 104, 204])
  })

  test('nothing follows a terminated step', () => {
    const segment = singleColumn({ rewards, terminated: [0, 1, 0] })
    expect(returnsOf(segment, 0.5)).toEqual([2, 2, 4])
    expect(returnsOf(segment, 0.5, bootstrap)).toEqual([2, 2, 204])
  })

  test('a truncated step bootstraps from its own next state, not from the next episode', () => {
    const segment = singleColumn({ rewards, truncated: [0, 1, 0] })
    expect(returnsOf(segment, 0.5)).toEqual([2, 2, 4])
    expect(returnsOf(segment, 0.5, bootstrap)).toEqual([52, 102, 204])
  })

  test('terminated wins over truncated', () => {
    const segment = singleColumn({ rewards, terminated: [0, 1, 0], truncated: [0, 1, 0] })
    expect(returnsOf(segment, 0.5, bootstrap)).toEqual([2, 2, 204])
  })

  test('a flag ends the episode of its own lane, for all agents of the lane', () => {
    // T = 2, E = 2, A = 2; lane 1 ends after the first step.
    const segment: Segment = {
      stepCount: 2,
      laneCount: 2,
      agentCount: 2,
      rewards: Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40),
      terminated: Uint8Array.of(0, 1, 0, 0),
      truncated: new Uint8Array(4),
    }
    expect(returnsOf(segment, 1)).toEqual([11, 22, 3, 4, 10, 20, 30, 40])
  })
})

test('agrees with summing the discounted rewards of each episode (eq. 3.8)', () => {
  fc.assert(
    fc.property(segments, discounts, fc.boolean(), (segment, gamma, bootstrapped) => {
      const returns = returnsOf(segment, gamma, bootstrapped ? segment.nextValues : null)
      forEachEntry(segment, (at, t, column) => {
        const steps = stepsToTheEnd(segment, t, column)
        const last = steps[steps.length - 1]
        const tail = bootstrapped && !last.terminated ? gamma ** steps.length * last.nextValue : 0
        const expected = steps.reduce((sum, step, k) => sum + gamma ** k * step.reward, tail)
        expect(Math.abs(returns[at] - expected)).toBeLessThanOrEqual(tolerance(expected))
      })
    }),
    { seed: 1, numRuns: 300 },
  )
})

describe('bad shapes', () => {
  test.each<[string, Partial<ValuedSegment>]>([
    ['rewards', { rewards: new Float32Array(4) }],
    ['terminated', { terminated: new Uint8Array(2) }],
    ['truncated', { truncated: new Uint8Array(4) }],
    ['stepCount', { stepCount: 0 }],
    ['laneCount', { laneCount: 1.5 }],
    ['agentCount', { agentCount: Number.NaN }],
  ])('%s', (field, change) => {
    const segment = { ...singleColumn({ rewards: [1, 2, 3] }), ...change }
    expect(() => returnsOf(segment, 0.9)).toThrow(VigilError)
    expect(() => returnsOf(segment, 0.9)).toThrow(field)
  })

  test('bootstrap and out', () => {
    const segment = singleColumn({ rewards: [1, 2, 3] })
    const discounting = { gamma: 0.9, bootstrap: null }
    expect(() => returnsOf(segment, 0.9, new Float32Array(2))).toThrow(
      'bootstrap must hold 3 values, received 2 values',
    )
    expect(() => monteCarloReturns(segment, discounting, new Float32Array(4))).toThrow(VigilError)
  })
})
