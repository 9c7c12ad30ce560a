import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { expect, it } from 'vitest'
import { clairvoyantReturns } from '../bounds/clairvoyant.ts'
import { optimalPolicy } from '../optimum/optimal-policy.ts'
import { meanOf, partOf, QUICKEST_MODEL, quickestStreams } from '../quickest.fixture.ts'
import { walkAll } from '../walk-all.ts'
import { BELIEF } from './score.ts'
import { tunedRules } from './tuned-rules.ts'

const settings = { spec: DEFAULT_RESPONSE, seed: 1 }
const all = quickestStreams(22_000, 21)
const [validation, test] = [partOf(all, 0, 2_000), partOf(all, 2_000, 22_000)]
const rules = new Map([...tunedRules(validation, settings, [BELIEF])].map((rule) => [rule.name, rule]))
const returnsOf = (name: string) => walkAll(test, settings, rules.get(name)!.policy).returns
const optimum = walkAll(test, settings, optimalPolicy(DEFAULT_RESPONSE, QUICKEST_MODEL)!.policy).returns
const bound = clairvoyantReturns(test, settings)

it.each([
  ['always-allow', -9.24, 0],
  ['per-event', -4.92, 0],
  // Tuned on 2,000 streams, a rule loses a little of what its best thresholds return.
  ['threshold', -2.79, 0.1],
  ['alert-ladder', -2.33, 0.08],
  ['block-ladder', -2.65, 0.08],
  ['ladder', -2.25, 0.08],
  ['threshold-by-age', -2.33, 0.08],
  ['shiryaev-roberts', -2.33, 0.08],
])('%s returns about %d on streams that it was not tuned on', (name, expected, slack) => {
  const { mean, error } = meanOf(returnsOf(name))
  expect(mean).toBeGreaterThan(expected - slack - 2.5 * error)
  expect(mean).toBeLessThan(expected + 2.5 * error)
})

it.each([...rules.keys()])('%s stays below the optimum, and below the clairvoyant on every stream', (name) => {
  const returns = returnsOf(name)
  const { mean, error } = meanOf(optimum.map((value, stream) => value - returns[stream]))
  expect(mean).toBeGreaterThan(-2 * error)
  expect(returns.every((value, stream) => value <= bound[stream] + 1e-9)).toBe(true)
})
