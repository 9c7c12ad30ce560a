import { type RandomStream, randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { critiqueOf, type Judged } from './critique.ts'
import { monteCarloReturns } from './returns.ts'

const SETTINGS = {
  ...{ gamma: 0, gaeLambda: 0.95, returns: 'monte-carlo', episodes: 'iid', remembers: false },
} as const satisfies Parameters<typeof critiqueOf>[1]

/** One lane whose returns are its rewards. */
function judged(returns: Float32Array, values: Float32Array, samplingVariance = 0): Judged {
  const flags = new Uint8Array(returns.length)
  return {
    ...{ stepCount: returns.length, laneCount: 1, agentCount: 1, terminated: flags, truncated: flags },
    ...{ rewards: returns, tableRewards: returns, returns, values },
    samplingVariance: new Float32Array(returns.length).fill(samplingVariance),
  }
}

/** Monte Carlo returns of E lanes over T steps; episodes are cut every `length` steps, if at all. */
function played(
  rewardAt: (t: number, lane: number) => number,
  { gamma, samplingVariance, length = 0 }: { gamma: number; samplingVariance: number; length?: number },
): Judged {
  const [T, E] = [2000, 20]
  const each = (value: (t: number, lane: number) => number) =>
    Float32Array.from({ length: T * E }, (_, i) => value(Math.floor(i / E), i % E))
  const truncated = Uint8Array.from(each((t) => (length > 0 && (t + 1) % length === 0 ? 1 : 0)))
  const rewards = each(rewardAt)
  const segment = { stepCount: T, laneCount: E, agentCount: 1, rewards, terminated: truncated, truncated }
  const returns = new Float32Array(T * E)
  monteCarloReturns(segment, { gamma, bootstrap: null }, returns)
  const values = new Float32Array(0)
  return {
    ...segment,
    tableRewards: rewards,
    returns,
    values,
    samplingVariance: each(() => samplingVariance),
  }
}

const LABELS: RandomStream = { seed: 1, stream: 50 }
const ACTIONS: RandomStream = { seed: 1, stream: 51 }
const signAt = (stream: RandomStream, t: number, lane: number) => (randomUnit(stream, 20 * t + lane) < 0.5 ? -1 : 1)

describe('critiqueOf', () => {
  const returns = Float32Array.of(1, 2, 3, 6)

  it('is 0 and 1 for a perfect critic, 1 and 0 for the mean', () => {
    expect(critiqueOf([judged(returns, returns)], SETTINGS)).toMatchObject({
      ...{ valueLoss: 0, explainedVariance: 1, valueSpread: 1, returnVariance: 3.5 },
    })
    const mean = critiqueOf([judged(returns, new Float32Array(4).fill(3))], SETTINGS)
    expect(mean.valueLoss).toBeCloseTo(1, 6)
    expect(mean.explainedVariance).toBeCloseTo(0, 6)
    expect(mean.valueSpread).toBe(0)
  })

  it('knows no ceiling where nobody knows what the sampling of actions adds', () => {
    const { explainableVarianceCeiling, ...known } = critiqueOf([judged(returns, returns)], SETTINGS)
    const blind = critiqueOf(
      [judged(returns, returns), { ...judged(returns, returns), samplingVariance: null }],
      SETTINGS,
    )
    expect(explainableVarianceCeiling).toBe(1)
    expect(blind).toEqual({ ...known, explainableVarianceCeiling: null })
  })

  it('counts a constant error in the loss, not in the variance', () => {
    const values = returns.map((g) => g + 1)
    const { valueLoss, explainedVariance } = critiqueOf([judged(returns, values)], SETTINGS)
    expect(valueLoss).toBeCloseTo(1 / 3.5, 6)
    expect(explainedVariance).toBeCloseTo(1, 6)
  })

  it('has nothing to say without variance or without a critic', () => {
    const constant = new Float32Array(4).fill(2)
    const same = critiqueOf([judged(constant, constant)], SETTINGS)
    expect(same).toMatchObject({ valueLoss: null, explainableVarianceCeiling: null, returnVariance: 0 })
    const none = critiqueOf([judged(returns, new Float32Array(0))], SETTINGS)
    expect(none).toMatchObject({ valueLoss: null, valueSpread: null, explainableVarianceCeiling: 1 })
  })

  it('finds the ceiling 1 - gamma^2 of independent rows, and the share of time to go', () => {
    const endless = played((t, lane) => signAt(LABELS, t, lane), { gamma: 0.8, samplingVariance: 0 })
    const { explainableVarianceCeiling, timeToGoShare } = critiqueOf([endless], { ...SETTINGS, gamma: 0.8 })
    expect(explainableVarianceCeiling).toBeCloseTo(1 - 0.64, 1)
    expect(timeToGoShare).toBeLessThan(0.01)
    // The same loss at every step: all that varies is how many are left.
    const short = played(() => -1, { gamma: 0.9, samplingVariance: 0, length: 10 })
    const timed = critiqueOf([short], { ...SETTINGS, gamma: 0.9 })
    expect(timed.timeToGoShare).toBeCloseTo(1, 5)
    expect(timed.explainableVarianceCeiling).toBeLessThan(0.01)
  })

  // The reward is the label's sign half of the time and the opposite else: half of its variance is the action's sampling.
  const LABEL = 0.5
  const rewardAt = (t: number, lane: number) =>
    signAt(LABELS, t, lane) * LABEL + signAt(ACTIONS, t, lane) * Math.sqrt(0.75)

  it('knows that a critic cannot foresee which action is sampled', () => {
    const now = played(rewardAt, { gamma: 0, samplingVariance: 0.75 })
    // A critic that knows the label explains exactly its share.
    const known = Float32Array.from(now.returns, (_, i) => signAt(LABELS, Math.floor(i / 20), i % 20) * LABEL)
    const critique = critiqueOf([{ ...now, values: known }], SETTINGS)
    expect(critique.explainableVarianceCeiling).toBeCloseTo(0.25, 2)
    expect(critique.explainedVariance).toBeCloseTo(0.25, 1)
  })

  it('finds what a clairvoyant critic explains of a stream: all but the sampling of actions', () => {
    const gamma = 0.9
    const stream = played(rewardAt, { gamma, samplingVariance: 0.75, length: 100 })
    const clairvoyant = played((t, lane) => signAt(LABELS, t, lane) * LABEL, {
      gamma,
      samplingVariance: 0,
      length: 100,
    })
    const critique = critiqueOf([{ ...stream, values: clairvoyant.returns }], {
      ...SETTINGS,
      gamma,
      episodes: 'stream',
    })
    expect(critique.explainableVarianceCeiling).toBeCloseTo(critique.explainedVariance!, 1)
    // For lambda-returns the noise of later actions fades faster, and the ceiling is higher.
    const lambda = { ...SETTINGS, gamma, gaeLambda: 0.5, returns: 'td-lambda', episodes: 'stream' } as const
    expect(critiqueOf([stream], lambda).explainableVarianceCeiling).toBeGreaterThan(
      critique.explainableVarianceCeiling!,
    )
  })

  it('lets critics know whose they are: agents that differ are no noise', () => {
    // One agent earns 1 at every step, the other loses 1, whatever happens: all that varies is who it is.
    const [T, A] = [400, 2]
    const rewards = Float32Array.from({ length: T * A }, (_, i) => (i % 2 === 0 ? 1 : -1) + 0.1 * signAt(LABELS, i, 0))
    const flags = new Uint8Array(T)
    const segment = { stepCount: T, laneCount: 1, agentCount: A, rewards, terminated: flags, truncated: flags }
    const returns = new Float32Array(T * A)
    monteCarloReturns(segment, { gamma: 0.5, bootstrap: null }, returns)
    const values = returns.map((_, i) => (i % 2 === 0 ? 2 : -2))
    const samplingVariance = new Float32Array(T * A)
    const own = { ...segment, tableRewards: rewards, returns, values, samplingVariance }
    const { explainedVariance, explainableVarianceCeiling } = critiqueOf([own], { ...SETTINGS, gamma: 0.5 })
    expect(explainedVariance).toBeGreaterThan(0.9)
    expect(explainableVarianceCeiling).toBeGreaterThanOrEqual(explainedVariance!)
  })

  it('lets a critic that remembers count the steps that are left, and one that does not take them for noise', () => {
    const gamma = 0.99
    const timed = played((t, lane) => -1 + 0.1 * signAt(LABELS, t, lane), { gamma, samplingVariance: 0, length: 32 })
    const left = timed.returns.map((_, i) => 32 - (Math.floor(i / 20) % 32))
    const values = left.map((steps) => -(1 - gamma ** steps) / (1 - gamma))
    const seen = { ...timed, values }
    const recurrent = critiqueOf([seen], { ...SETTINGS, gamma, remembers: true })
    expect(recurrent.explainedVariance).toBeGreaterThan(0.95)
    expect(recurrent.explainableVarianceCeiling).toBeGreaterThanOrEqual(recurrent.explainedVariance!)
    expect(critiqueOf([seen], { ...SETTINGS, gamma }).explainableVarianceCeiling).toBeLessThan(0.05)
  })

  it('measures time to go in the discount of the returns', () => {
    const [gamma, gaeLambda] = [0.99, 0.9]
    const short = played(() => -1, { gamma: gamma * gaeLambda, samplingVariance: 0, length: 50 })
    const settings = { ...SETTINGS, gamma, gaeLambda, returns: 'td-lambda' } as const
    expect(critiqueOf([short], settings).timeToGoShare).toBeCloseTo(1, 5)
  })
})
