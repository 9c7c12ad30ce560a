import { compileEnvironment, DEFAULT_REWARDS, type RewardTable } from '@vigil/env-wasm'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkedBalance, disagreementOf } from './report.ts'
import { rates, tables } from './tables.arbitrary.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

const OPTIONS = { threatRate: 0.1093, right: 0.85, preset: 'default', rewards: DEFAULT_REWARDS, seed: 1 } as const

describe('checkedBalance', () => {
  it('is paid by the environment what the closed form says, within five standard errors, for random tables', () => {
    fc.assert(
      fc.property(tables, rates, rates, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (rewards, rate, right, seed) => {
        const threatRate = Math.min(0.99, Math.max(0.01, rate))
        const report = checkedBalance(module, { threatRate, right, preset: null, rewards, samples: 10_000, seed })
        for (const { simulated } of report.policies) {
          // A right share of 0.01 on a class of 1 % is rarer than five standard errors allow for: `agrees` judges it.
          if (right >= 0.05 && right <= 0.95) expect(Math.abs(simulated.deviation ?? 0)).toBeLessThan(5)
          expect(simulated.agrees).toBe(true)
        }
      }),
      { seed: 20, numRuns: 60 },
    )
  })

  it('agrees at every size of rewards and with rare threats', () => {
    const size = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -60, max: 6 }))
    const amount = size.map(([mantissa, exponent]) => mantissa * 10 ** exponent)
    const anyTable: fc.Arbitrary<RewardTable> = fc.record({
      truePositive: amount,
      trueNegative: amount,
      falsePositive: amount,
      falseNegative: amount,
      restrictiveCost: amount,
      alertCost: amount,
      alertedThreat: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    const rareRate = fc.integer({ min: 1, max: 7 }).map((n) => 10 ** -n)
    fc.assert(
      fc.property(anyTable, rareRate, (rewards, threatRate) => {
        const report = checkedBalance(module, { ...OPTIONS, preset: null, rewards, threatRate, samples: 2000 })
        expect(report.simulation.agrees).toBe(true)
      }),
      { seed: 21, numRuns: 60 },
    )
  })
})

describe('disagreementOf', () => {
  it('names the policy and the figures, and is null when all agree', () => {
    const report = checkedBalance(module, { ...OPTIONS, samples: 1000 })
    expect(disagreementOf(report)).toBeNull()
    const [allow, ...others] = report.policies
    const broken = { ...allow, simulated: { ...allow.simulated, meanReward: 5, agrees: false } }
    expect(disagreementOf({ ...report, policies: [broken, ...others] })).toMatch(
      /^The environment paid always-allow 5 /,
    )
  })
})
