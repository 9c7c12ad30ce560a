import { type EnvironmentSpec, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import { decide } from '@vigil/vote'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributionOf } from './attribution.ts'

const [ALLOW, BLOCK, QUARANTINE, ALERT] = [0, 1, 2, 3] as const
const labels = Uint8Array.of(0, 1)

const ENVIRONMENT: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, agentCount: 3, rule: 'majority', faults: 0 }

/** One step of two lanes with three agents: a threat in dataset row 1, then a benign event in row 0. */
function trajectory(actions: readonly number[], rewards: readonly number[], expected: readonly number[] = rewards) {
  return {
    rows: Uint32Array.of(1, 0),
    agentCount: 3,
    actions: Uint8Array.from(actions),
    rewards: Float32Array.from(rewards),
    expectedRewards: Float32Array.from(expected),
  } as unknown as Trajectory
}

const MIXED = [BLOCK, ALLOW, QUARANTINE, ALLOW, ALLOW, BLOCK]

describe('paidForOthers', () => {
  it('counts the agent-steps that were paid for an action of the other class', () => {
    const payment = { environment: ENVIRONMENT, labels }
    expect(attributionOf(trajectory(MIXED, [8.5, -10, 8.5, 1, 1, -9.5]), payment).paidForOthers).toBe(0)
    // By majority the threat is blocked and the benign event allowed: one agent each is paid for what others did.
    expect(attributionOf(trajectory(MIXED, [8.5, 8.5, 8.5, 1, 1, 1]), payment).paidForOthers).toBe(2)
  })

  it('tells an alert from allow, which are one class but not paid alike', () => {
    const payment = { environment: ENVIRONMENT, labels }
    const actions = [ALERT, ALLOW, ALERT, ALERT, ALLOW, ALLOW]
    expect(attributionOf(trajectory(actions, [-2, -10, -2, -1, 1, 1]), payment).paidForOthers).toBe(0)
    expect(attributionOf(trajectory(actions, [-2, -2, -2, 1, 1, 1]), payment).paidForOthers).toBe(2)
  })

  it('knows the weights of rewards', () => {
    const payment = { environment: { ...ENVIRONMENT, rewardWeights: [1.5, 0.5] as const }, labels }
    expect(attributionOf(trajectory(MIXED, [4.25, -5, 4.25, 1.5, 1.5, -14.25]), payment).paidForOthers).toBe(0)
    expect(attributionOf(trajectory(MIXED, [8.5, -10, 8.5, 1, 1, -9.5]), payment).paidForOthers).toBe(6)
  })

  it('knows the bonus for agreement and for the agents that are right', () => {
    const payment = { environment: { ...ENVIRONMENT, teamBonus: 0.2 }, labels }
    // All three stop the threat: 0.2 (1 + 2). Two of three are right about the benign event: 0.2 * 2 * 2 / 3.
    const actions = [BLOCK, BLOCK, QUARANTINE, ALLOW, ALLOW, BLOCK]
    const own = [9.1, 9.1, 9.1, 1 + 0.8 / 3, 1 + 0.8 / 3, -9.5 + 0.8 / 3]
    expect(attributionOf(trajectory(actions, own), payment).paidForOthers).toBe(0)
    expect(attributionOf(trajectory(actions, [8.5, ...own.slice(1)]), payment).paidForOthers).toBe(1)
  })
})

/** Reward of an agent for one event, as env-wasm/assembly/reward.ts has it; the majority of three always decides the class. */
function rewardOf(agent: number, actions: readonly number[], threat: boolean, environment: EnvironmentSpec): number {
  const votes = actions.filter((action) => action === BLOCK || action === QUARANTINE).length
  const { rule, faults } = environment
  const team = decide({ actions: Uint8Array.from(actions), rule, faults, fallbackAction: ALERT }).action
  const paidFor = environment.attribution === 'own' ? actions[agent] : team
  const byTable = (threat ? [-10, 8.5, 8.5, -2] : [1, -9.5, -9.5, -1])[paidFor]
  const right = threat ? votes : 3 - votes
  return byTable + environment.teamBonus * ((votes === 0 || votes === 3 ? 1 : 0) + (2 * right) / 3)
}

describe('samplingVariance', () => {
  it('is on average over the four actions of an agent the variance of its reward, by either attribution, with a bonus or without', () => {
    const action = fc.integer({ min: 0, max: 3 })
    const policies = fc.array(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }), {
      minLength: 6,
      maxLength: 6,
    })
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 6, maxLength: 6 }),
        policies,
        fc.constantFrom('own' as const, 'consensus' as const),
        fc.constantFrom(0, 0.2, 5),
        (others, weights, attribution, teamBonus) => {
          const environment = { ...ENVIRONMENT, attribution, teamBonus }
          for (let at = 0; at < 6; at++) {
            const total = weights[at].reduce((sum, weight) => sum + weight, 0)
            const pi = weights[at].map((weight) => weight / total)
            const event = others.slice(at < 3 ? 0 : 3, at < 3 ? 3 : 6)
            const rewards = pi.map((_, a) => rewardOf(at % 3, event.with(at % 3, a), at < 3, environment))
            const mean = rewards.reduce((sum, reward, a) => sum + pi[a] * reward, 0)
            const square = rewards.reduce((sum, reward, a) => sum + pi[a] * reward ** 2, 0)
            const estimate = rewards.reduce((sum, reward, a) => {
              const played = others.with(at, a)
              const paid = new Array<number>(6).fill(0).with(at, reward)
              const seen = trajectory(played, paid, new Array<number>(6).fill(0).with(at, mean))
              return sum + pi[a] * attributionOf(seen, { environment, labels }).samplingVariance![at]
            }, 0)
            expect(estimate).toBeCloseTo(square - mean ** 2, 2)
          }
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  })
})
