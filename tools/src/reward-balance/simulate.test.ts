import { compileEnvironment, DEFAULT_REWARDS } from '@vigil/env-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { rewardBalance } from './balance.ts'
import { ALWAYS_ALLOW, rightOnShare } from './policy.ts'
import { playedThreatRate, simulate } from './simulate.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

const OPTIONS = { threatRate: 0.1093, right: 0.85, preset: 'default', rewards: DEFAULT_REWARDS, seed: 1 } as const

describe('simulate', () => {
  it('gives the same means for the same seed and others for another', () => {
    const play = (seed: number) =>
      simulate(module, { ...OPTIONS, seed, policies: [ALWAYS_ALLOW, rightOnShare(0.85)], samples: 5000 })
    expect(play(1)).toEqual(play(1))
    expect(play(1)).not.toEqual(play(2))
  })

  it('lets every policy meet events of its own', () => {
    const [first, second] = simulate(module, { ...OPTIONS, policies: [ALWAYS_ALLOW, ALWAYS_ALLOW], samples: 5000 })
    expect(first).not.toBe(second)
  })

  it('plays as many events as it is told, whatever the number of lanes', () => {
    // One reward is 1 or -10; the mean over n events is a whole number of elevenths of n below 1.
    for (const samples of [1, 1023, 1024, 1025, 3000]) {
      const [mean] = simulate(module, { ...OPTIONS, policies: [ALWAYS_ALLOW], samples })
      const threats = ((1 - mean) * samples) / 11
      expect(threats).toBeCloseTo(Math.round(threats), 6)
    }
  })

  it('pays constants without chance when all events are alike', () => {
    const { policies } = rewardBalance({ ...OPTIONS, threatRate: 1, right: 1 })
    expect(simulate(module, { ...OPTIONS, policies, threatRate: 1, samples: 2000 })).toEqual([-10, -2, 8.5, 8.5, 8.5])
    expect(simulate(module, { ...OPTIONS, policies, threatRate: 0, samples: 2000 })).toEqual([1, -1, -9.5, 1, 1])
  })

  it('meets rates of six decimals exactly', () => {
    expect(playedThreatRate(0.123456)).toBe(0.123456)
    expect(playedThreatRate(1 / 3)).toBe(0.333333)
  })
})
