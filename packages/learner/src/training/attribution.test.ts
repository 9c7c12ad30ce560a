import { REWARD_PRESETS } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import { describe, expect, it } from 'vitest'
import { ownRewards, paidForOthers, samplingVariance } from './attribution.ts'

const [ALLOW, BLOCK, QUARANTINE] = [0, 1, 2]
const { default: rewards } = REWARD_PRESETS
const labels = Uint8Array.of(0, 1)

/** One step of two lanes with three agents: a threat in dataset row 1, then a benign event in row 0. */
const events = { rows: Uint32Array.of(1, 0), agentCount: 3 }
const trajectory = (actions: number[], change: Partial<Trajectory> = {}) =>
  ({ ...events, actions: Uint8Array.from(actions), ...change }) as Trajectory

describe('ownRewards', () => {
  it('says what each agent earns by its own action, and what it would by one of the other class', () => {
    const actions = Uint8Array.of(BLOCK, ALLOW, QUARANTINE, ALLOW, ALLOW, BLOCK)
    const { played, other } = ownRewards({ ...events, actions }, { rewards, teamBonus: 0, labels })
    expect([...played]).toEqual([8.5, -10, 8.5, 1, 1, -9.5])
    expect([...other]).toEqual([-10, 8.5, -10, -9.5, -9.5, 1])
  })

  it('has the bonus for agreement and for the agents that are right', () => {
    const actions = Uint8Array.of(BLOCK, BLOCK, QUARANTINE, ALLOW, ALLOW, BLOCK)
    const { played, other } = ownRewards({ ...events, actions }, { rewards, teamBonus: 0.2, labels })
    // All three are right about the threat: 0.2 (1 + 2). With one of them turned, two are: 0.2 * 2 * 2 / 3.
    expect(played[0]).toBeCloseTo(8.5 + 0.6, 5)
    expect(other[0]).toBeCloseTo(-10 + 0.8 / 3, 5)
    // Two of three are right about the benign event; were the third one too, they would agree.
    expect(played[5]).toBeCloseTo(-9.5 + 0.8 / 3, 5)
    expect(other[5]).toBeCloseTo(1 + 0.6, 5)
  })
})

describe('paidForOthers', () => {
  it('is the share of agent-steps that were paid for an action of the other class', () => {
    const actions = [BLOCK, ALLOW, QUARANTINE, ALLOW, ALLOW, BLOCK]
    const payment = { rewards, teamBonus: 0, labels }
    const own = trajectory(actions, { rewards: Float32Array.of(8.5, -10, 8.5, 1, 1, -9.5) })
    expect(paidForOthers([own], payment)).toBe(0)
    // By majority the threat is blocked and the benign event allowed: one agent each is paid for what others did.
    const vote = trajectory(actions, { rewards: Float32Array.of(8.5, 8.5, 8.5, 1, 1, 1) })
    expect(paidForOthers([own, vote], payment)).toBeCloseTo(2 / 12, 9)
  })
})

describe('samplingVariance', () => {
  it('is that of a reward with two values', () => {
    const p = 0.3
    const mean = (threat: number) => p * (threat ? 8.5 : -9.5) + (1 - p) * (threat ? -10 : 1)
    const expectedRewards = Float32Array.from([1, 1, 1, 0, 0, 0], mean)
    const variances = samplingVariance(trajectory([BLOCK, ALLOW, ALLOW, BLOCK, ALLOW, ALLOW], { expectedRewards }), {
      ...{ rewards, teamBonus: 0, labels },
    })
    const variance = (gap: number) => p * (1 - p) * gap ** 2
    for (const [i, value] of variances.entries()) expect(value).toBeCloseTo(variance(i < 3 ? 18.5 : 10.5), 3)
  })
})
