import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { expect, it } from 'vitest'
import { meanOf, QUICKEST_MODEL, quickestStreams } from '../quickest.fixture.ts'
import { ladder, NEVER } from '../references/ladder.ts'
import { BELIEF, levelOf } from '../references/score.ts'
import type { Policy } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { optimalPolicy } from './optimal-policy.ts'

const settings = { spec: DEFAULT_RESPONSE, seed: 1 }
const optimum = optimalPolicy(DEFAULT_RESPONSE, QUICKEST_MODEL)!
const logOdds = (probability: number) => Math.log(probability / (1 - probability))

/** Returns of several policies over 200,000 common streams. */
function returnsOf(policies: readonly Policy[]): Float64Array[] {
  const returns = policies.map(() => new Float64Array(200_000))
  for (let part = 0; part < 5; part++) {
    const streams = quickestStreams(40_000, 1_000 + part)
    for (const [i, policy] of policies.entries())
      returns[i].set(walkAll(streams, settings, policy).returns, 40_000 * part)
  }
  return returns
}

it('simulates to its value over 200,000 streams, and beats alert and quarantine thresholds by more than chance', () => {
  const thresholds = ladder(levelOf(BELIEF), { ...NEVER, alert: logOdds(0.15), quarantine: logOdds(0.9) })
  const [best, rule] = returnsOf([optimum.policy, thresholds])
  const { mean, error } = meanOf(best)
  expect(error).toBeLessThan(0.015)
  expect(Math.abs(mean - optimum.value)).toBeLessThan(2 * error)
  const paired = meanOf(best.map((value, stream) => value - rule[stream]))
  expect(paired.mean).toBeGreaterThan(5 * paired.error)
})
