import { randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { monteCarloReturns } from '../returns.ts'
import { critiqueOf } from './critique.ts'

describe('critiqueOf', () => {
  const returns = Float32Array.of(1, 2, 3, 6)
  const rewards = Float32Array.of(1, 2, 3, 6)

  it('is 0 and 1 for a perfect critic, 1 and 0 for the mean', () => {
    expect(critiqueOf({ returns, rewards, values: returns, episodes: 'iid' })).toMatchObject({
      valueLoss: 0,
      explainedVariance: 1,
    })
    const mean = critiqueOf({ returns, rewards, values: new Float32Array(4).fill(3), episodes: 'iid' })
    expect(mean.valueLoss).toBeCloseTo(1, 6)
    expect(mean.explainedVariance).toBeCloseTo(0, 6)
  })

  it('counts a constant error in the loss, not in the variance', () => {
    const { valueLoss, explainedVariance } = critiqueOf({
      returns,
      rewards,
      values: returns.map((g) => g + 1),
      episodes: 'iid',
    })
    expect(valueLoss).toBeCloseTo(1 / 3.5, 6)
    expect(explainedVariance).toBeCloseTo(1, 6)
  })

  it('has nothing to say without variance or without a critic', () => {
    const constant = new Float32Array(4).fill(2)
    expect(critiqueOf({ returns: constant, rewards: constant, values: constant, episodes: 'iid' }).valueLoss).toBeNull()
    const none = critiqueOf({ returns, rewards, values: new Float32Array(0), episodes: 'iid' })
    expect(none).toEqual({ valueLoss: null, explainedVariance: null, explainableVarianceCeiling: 1 })
  })

  it('knows no ceiling for streams', () => {
    const { explainableVarianceCeiling } = critiqueOf({ returns, rewards, values: returns, episodes: 'stream' })
    expect(explainableVarianceCeiling).toBeNull()
  })

  it('finds the ceiling 1 - gamma^2 of independent rows', () => {
    const [T, E] = [2000, 20]
    const rewards = Float32Array.from({ length: T * E }, (_, i) => randomUnit({ seed: 1, stream: 50 }, i) - 0.5)
    const flags = new Uint8Array(T * E)
    const returns = new Float32Array(T * E)
    const segment = { stepCount: T, laneCount: E, agentCount: 1, rewards, terminated: flags, truncated: flags }
    monteCarloReturns(segment, { gamma: 0.8, bootstrap: null }, returns)
    const { explainableVarianceCeiling } = critiqueOf({
      returns,
      rewards,
      values: new Float32Array(0),
      episodes: 'iid',
    })
    expect(explainableVarianceCeiling).toBeCloseTo(1 - 0.64, 1)
  })
})
