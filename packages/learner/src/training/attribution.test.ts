import { type EnvironmentSpec, REWARD_PRESETS } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributionOf } from './attribution.ts'

const [ALLOW, BLOCK, QUARANTINE] = [0, 1, 2]
const labels = Uint8Array.of(0, 1)

const ENVIRONMENT: EnvironmentSpec = {
  ...{ mode: 'iid', agentCount: 3, seed: 1, episodeSteps: 0, attribution: 'own', rule: 'majority', faults: 0 },
  ...{
    fallbackAction: 3,
    rewards: REWARD_PRESETS.default,
    teamBonus: 0,
    specifications: [],
    observeConstraints: false,
  },
}

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

  it('knows the bonus for agreement and for the agents that are right', () => {
    const payment = { environment: { ...ENVIRONMENT, teamBonus: 0.2 }, labels }
    // All three stop the threat: 0.2 (1 + 2). Two of three are right about the benign event: 0.2 * 2 * 2 / 3.
    const actions = [BLOCK, BLOCK, QUARANTINE, ALLOW, ALLOW, BLOCK]
    const own = [9.1, 9.1, 9.1, 1 + 0.8 / 3, 1 + 0.8 / 3, -9.5 + 0.8 / 3]
    expect(attributionOf(trajectory(actions, own), payment).paidForOthers).toBe(0)
    expect(attributionOf(trajectory(actions, [8.5, ...own.slice(1)]), payment).paidForOthers).toBe(1)
  })
})

/** Reward of agents for one event, as env-wasm/assembly/reward.ts has it; the majority of three always decides. */
function rewardOf(agent: number, actions: readonly number[], threat: boolean, environment: EnvironmentSpec): number {
  const isRestrictive = actions.map((action) => action === BLOCK || action === QUARANTINE)
  const votes = isRestrictive.filter(Boolean).length
  const paidFor = environment.attribution === 'own' ? isRestrictive[agent] : votes >= 2
  const byTable = threat ? (paidFor ? 8.5 : -10) : paidFor ? -9.5 : 1
  const right = threat ? votes : 3 - votes
  return byTable + environment.teamBonus * ((votes === 0 || votes === 3 ? 1 : 0) + (2 * right) / 3)
}

describe('samplingVariance', () => {
  it('is the variance of the reward over the four actions of the agent, by either attribution, with a bonus or without', () => {
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
        (actions, weights, attribution, teamBonus) => {
          const environment = { ...ENVIRONMENT, attribution, teamBonus }
          const moments = actions.map((_, at) => {
            const event = actions.slice(at < 3 ? 0 : 3, at < 3 ? 3 : 6)
            const total = weights[at].reduce((sum, weight) => sum + weight, 0)
            const rewards = weights[at].map((_, a) => rewardOf(at % 3, event.with(at % 3, a), at < 3, environment))
            const mean = rewards.reduce((sum, reward, a) => sum + (weights[at][a] / total) * reward, 0)
            const variance = rewards.reduce(
              (sum, reward, a) => sum + (weights[at][a] / total) * (reward - mean) ** 2,
              0,
            )
            return { mean, variance, reward: rewards[actions[at]] }
          })
          const seen = trajectory(
            actions,
            moments.map(({ reward }) => reward),
            moments.map(({ mean }) => mean),
          )
          const { samplingVariance } = attributionOf(seen, { environment, labels })
          for (const [at, { variance }] of moments.entries()) expect(samplingVariance[at]).toBeCloseTo(variance, 2)
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  })
})
