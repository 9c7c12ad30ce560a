import { compileEnvironment, DEFAULT_REWARDS } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { judge } from './agreement.ts'
import { ALWAYS_ALLOW, PERFECT } from './policy.ts'
import { simulate } from './simulate.ts'

describe('judge', () => {
  const judged = (meanReward: number, threatRate = 0.5, samples = 10_000) =>
    judge({ policy: ALWAYS_ALLOW, threatRate, rewards: DEFAULT_REWARDS, samples, meanReward })

  it('counts in standard errors of the mean', () => {
    // Rewards 1 and -10, evenly: mean -4.5, standard deviation 5.5.
    const { standardError, deviation } = judged(-4.5 + 0.11)
    expect(standardError).toBeCloseTo(0.055, 12)
    expect(deviation).toBeCloseTo(2, 9)
  })

  it('refuses beyond about 5.4 standard errors, on both sides', () => {
    expect([5, -5].map((z) => judged(-4.5 + z * 0.055).agrees)).toEqual([true, true])
    expect([6, -6].map((z) => judged(-4.5 + z * 0.055).agrees)).toEqual([false, false])
  })

  it('refuses any error where there is no chance, beyond rounding', () => {
    expect(judged(1, 0)).toMatchObject({ standardError: 0, deviation: null, agrees: true })
    expect(judged(1.0001, 0)).toMatchObject({ deviation: null, agrees: false })
  })

  it('lets one threat among few events pass, however rare threats are', () => {
    expect(judged((999 - 10) / 1000, 1e-5, 1000).agrees).toBe(true)
  })

  it('finds an environment out that pays another table, by as little as 0.05 for one decision', async () => {
    const module = await compileEnvironment()
    const other = { ...DEFAULT_REWARDS, trueNegative: 1.05 }
    const [paid] = simulate(module, {
      policies: [PERFECT],
      threatRate: 0.1093,
      rewards: other,
      samples: 200_000,
      seed: 1,
    })
    const played = { policy: PERFECT, threatRate: 0.1093, samples: 200_000, meanReward: paid }
    expect(judge({ ...played, rewards: other }).agrees).toBe(true)
    expect(judge({ ...played, rewards: DEFAULT_REWARDS }).agrees).toBe(false)
  })
})
