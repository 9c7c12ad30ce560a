import { DEFAULT_RESPONSE, type ResponseSpec } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { meanOf, QUICKEST_MODEL, quickestSite, quickestStreams } from '../quickest.fixture.ts'
import { ALERT, ALLOW, BLOCK, type Policy, QUARANTINE, walk } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { type OptimalPolicy, optimalPolicy, policySolver } from './optimal-policy.ts'

const optimum = optimalPolicy(DEFAULT_RESPONSE, QUICKEST_MODEL)!
const streams = quickestStreams(20_000, 77)
const settings = { spec: DEFAULT_RESPONSE, seed: 1 }
/** Streams that end soon are solved soon. */
const short = { ...QUICKEST_MODEL, end: 0.2 }
const returnsOf = (policy: Policy) => walkAll(streams, settings, policy).returns
const best = returnsOf(optimum.policy)

/** What the best action pays at once, by its expectation. */
const perEvent: Policy = ({ belief: p }) => {
  const allow = (1 - p) * 0.02 - p
  const pays = [allow, -(1 - p) * 0.3 - p * 0.4, -2 - (1 - p) * 8.1, allow - 1]
  return pays.indexOf(Math.max(...pays))
}

describe('optimalPolicy', () => {
  it('has the value that another implementation found, -2.243', () => {
    expect(Math.abs(optimum.value + 2.243)).toBeLessThan(0.001)
  })

  it('of allow alone is the closed form of both chains', () => {
    const [b, loss, { hazard, end }] = [0.02, 1, short]
    const benign = (1 - hazard) / (1 - (1 - end) * (1 - hazard))
    const expected = b * benign - loss * (1 / end - benign)
    expect(optimalPolicy(DEFAULT_RESPONSE, short, [ALLOW])!.value).toBeCloseTo(expected, 6)
  })

  it('is worth more, the more it may do', () => {
    const model = { ...QUICKEST_MODEL, end: 0.06 }
    const worth = (actions: number[]) => optimalPolicy(DEFAULT_RESPONSE, model, actions)!.value
    for (const more of [
      [[], [BLOCK], [BLOCK, QUARANTINE], [BLOCK, QUARANTINE, ALERT]],
      [[QUARANTINE], [QUARANTINE, ALERT]],
    ]) {
      const values = more.map(worth)
      for (const [i, value] of values.entries()) if (i > 0) expect(value).toBeGreaterThan(values[i - 1])
    }
  })

  it('simulates to its value', () => {
    const { mean, error } = meanOf(best)
    expect(error).toBeLessThan(0.05)
    expect(Math.abs(mean - optimum.value)).toBeLessThan(2.5 * error)
  })

  it.each<[string, number, Policy]>([
    ['always allow', -9.24, () => ALLOW],
    ['the per-event rule', -4.92, perEvent],
    ['quarantine above 0.7', -2.79, ({ belief }) => (belief > 0.7 ? QUARANTINE : ALLOW)],
    [
      'alert above 0.2, quarantine above 0.8',
      -2.33,
      ({ belief, ticket }) => {
        if (belief > 0.8) return QUARANTINE
        return belief > 0.2 && ticket === 0 ? ALERT : ALLOW
      },
    ],
  ])('beats %s, which comes to %d', (_, expected, policy) => {
    const returns = returnsOf(policy)
    const { mean, error } = meanOf(returns)
    expect(Math.abs(mean - expected)).toBeLessThan(2.5 * error)
    const paired = meanOf(best.map((own, stream) => own - returns[stream]))
    expect(paired.mean).toBeGreaterThan(-2 * paired.error)
  })

  it('knows that a verdict after the end of all streams never comes', () => {
    const actionsOf = ({ policy }: OptimalPolicy) =>
      walk(quickestStreams(1, 5), 0, settings, policy).steps.map(({ action }) => action)
    const [late, later] = [20_000, 30_000].map(
      (analystDelay) => optimalPolicy({ ...DEFAULT_RESPONSE, analystDelay }, short)!,
    )
    const without = optimalPolicy(DEFAULT_RESPONSE, short, [BLOCK, QUARANTINE])!
    expect(late.value).toBeCloseTo(without.value, 9)
    expect(actionsOf(late)).toEqual(actionsOf(later))
  })

  it('is the per-event rule where hostile streams do no harm by staying, and block is cheap', () => {
    const control = { ...DEFAULT_RESPONSE, dwell: 0, blockedBenign: 0.2, damage: 1 }
    const { policy } = optimalPolicy(control, QUICKEST_MODEL)!
    const blockFrom = (0.02 + 0.2) / (1 + 0.02 + 0.2)
    for (let i = 1; i < 200; i++) {
      const belief = i / 200
      const view = { position: 0, row: 0, age: 0, ticket: 0, sinceClear: 0, belief }
      if (Math.abs(belief - blockFrom) > 0.02)
        expect(policy(view), `belief ${belief}`).toBe(belief > blockFrom ? BLOCK : ALLOW)
    }
  })

  it.each([
    ['an analyst who errs', { analystAccuracy: 0.9 }],
    ['an intruder who gives up', { block: 'fail-stop' as const }],
    ['an intruder who retries', { block: 'retry' as const }],
  ])('is not known with %s', (_, more) => {
    expect(optimalPolicy({ ...DEFAULT_RESPONSE, ...more }, QUICKEST_MODEL)).toBeNull()
  })

  it.each([
    ['a hazard of 0', { hazard: 0 }],
    ['an end of 1', { end: 1 }],
    ['shares that are no distribution', { hostile: [0.5, 0.6] }],
    ['symbols of one side only', { benign: [1] }],
  ])('refuses %s', (_, more) => {
    expect(() => optimalPolicy(DEFAULT_RESPONSE, { ...QUICKEST_MODEL, ...more })).toThrow(
      expect.objectContaining({ code: 'CHANGE_MODEL' }),
    )
  })
})

describe('policySolver', () => {
  const model = { ...QUICKEST_MODEL, hazard: 0.02, end: 0.08, beside: 20 }
  const site = quickestSite(4_000, 21, model)
  const spec: ResponseSpec = { ...DEFAULT_RESPONSE, layout: 'site', tickets: 20, alertCost: 0.05 }
  const among = (beside: number, analystDelay: number) =>
    policySolver({ ...spec, analystDelay }, model, { actions: [BLOCK, QUARANTINE, ALERT], beside })!
  const free = { rent: 0, alertPrice: 0, tolerance: 1e-9 }

  it.each([0, 1, 40])('values a stream among others at what it comes to, where an analyst takes %d events', (delay) => {
    const { value, policy } = among(20, delay)(free)
    const { mean, error } = meanOf(walkAll(site, { spec: { ...spec, analystDelay: delay }, seed: 1 }, policy).returns)
    expect(error).toBeLessThan(0.05)
    expect(Math.abs(mean - value)).toBeLessThan(2.5 * error)
  })

  it('of a stream alone is the optimum, and asks nobody where an analyst is too dear', () => {
    expect(among(1, 5)(free).value).toBeCloseTo(optimalPolicy({ ...spec, analystDelay: 5 }, model)!.value, 9)
    const solve = among(20, 40)
    const without = optimalPolicy(spec, model, [BLOCK, QUARANTINE])!
    expect(solve({ ...free, rent: 10 }).value).toBeCloseTo(without.value, 7)
    expect(solve({ ...free, alertPrice: 100 }).value).toBeCloseTo(without.value, 7)
    expect(solve(free).value).toBeGreaterThan(without.value + 0.5)
  })
})
