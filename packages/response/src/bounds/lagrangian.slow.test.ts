import { DEFAULT_RESPONSE, type ResponseSpec } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { policySolver } from '../optimum/optimal-policy.ts'
import { meanOf, QUICKEST_MODEL, quickestSite } from '../quickest.fixture.ts'
import { BELIEF } from '../references/score.ts'
import { tunedLadders } from '../references/tuned-rules.ts'
import { ALERT, ALLOW, BLOCK, type Policy, QUARANTINE } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { clairvoyantReturns } from './clairvoyant.ts'
import { lagrangianBound } from './lagrangian.ts'

const BESIDE = 20

/** Short streams, of which a fifth turns hostile: their values settle quickly. */
const MODEL = { ...QUICKEST_MODEL, hazard: 0.02, end: 0.08, beside: BESIDE }
const SPEC: ResponseSpec = { ...DEFAULT_RESPONSE, layout: 'site', analystDelay: 40, tickets: 1, alertCost: 0.05 }

const site = quickestSite(4_000, 21, MODEL)
const settingsOf = (more: Partial<ResponseSpec> = {}) => ({ spec: { ...SPEC, ...more }, seed: 1 })
const boundOf = (more: Partial<ResponseSpec> = {}) => lagrangianBound(site, settingsOf(more), MODEL)!
const returnsOf = (policy: Policy, more?: Partial<ResponseSpec>) => walkAll(site, settingsOf(more), policy).returns

/** Asks from one belief on, while somebody listens, and contains from another on. */
const asking =
  (alert: number, quarantine: number): Policy =>
  ({ belief, ticket, site: shared }) => {
    if (belief > quarantine) return QUARANTINE
    return belief > alert && ticket === 0 && shared!.isHeard ? ALERT : ALLOW
  }

describe('lagrangianBound', () => {
  const bound = boundOf()
  const free = boundOf({ tickets: BESIDE })

  it('pays rent where the analyst binds: tighter than without him, and far tighter than hindsight', () => {
    expect(bound.rent).toBeGreaterThan(0.001)
    expect(free.rent).toBe(0)
    expect(bound.returnMean).toBeLessThan(free.returnMean - 0.2)
    const { mean } = meanOf(clairvoyantReturns(site, settingsOf()))
    expect(mean - free.returnMean).toBeGreaterThan(0.5)
  })

  it('is the best policy of each stream where there is an analyst for each', () => {
    const { policy } = policySolver(SPEC, MODEL, { actions: [BLOCK, QUARANTINE, ALERT], beside: BESIDE })!({
      ...{ rent: 0, alertPrice: 0, tolerance: 1e-9 },
    })
    expect(free.returnMean).toBeCloseTo(meanOf(returnsOf(policy, { tickets: BESIDE })).mean, 4)
  })

  it('is not known of sites that end soon, where fewer streams take turns', () => {
    expect(lagrangianBound(quickestSite(3 * BESIDE - 1, 3, MODEL), settingsOf(), MODEL)).toBeNull()
  })

  it('is not beaten by tuned ladders, nor by any rule that asks when an analyst is free', () => {
    const tuned = [...tunedLadders(quickestSite(500, 4, MODEL), settingsOf(), BELIEF)]
    // The same streams, whose luck both share: what is left is below a tenth of what lies between bound and hindsight.
    for (const { policy } of tuned) expect(meanOf(returnsOf(policy)).mean).toBeLessThan(bound.returnMean + 0.02)
    const share = (min: number) => fc.double({ min, max: 1, noNaN: true })
    fc.assert(
      fc.property(share(0.02), share(0.2), (alert, quarantine) => {
        expect(meanOf(returnsOf(asking(alert, quarantine))).mean).toBeLessThan(bound.returnMean + 0.02)
      }),
      { numRuns: 20, seed: 1 },
    )
  })

  it('has a price on alerts where shifts hear few of them, and none where they hear many', () => {
    const few = { ...MODEL, beside: 4 }
    const small = quickestSite(2_000, 22, few)
    const heard = (alertsPerShift: number) =>
      settingsOf({ analystDelay: 8, tickets: 4, shift: alertsPerShift === 0 ? 0 : 200, alertsPerShift })
    const [free, dear, many] = [0, 1, 200].map((alerts) => lagrangianBound(small, heard(alerts), few)!)
    expect(dear.alertPrice).toBeGreaterThan(0.1)
    expect(dear.returnMean).toBeLessThan(free.returnMean - 0.05)
    expect(many.alertPrice).toBe(0)
    for (const alert of [0.1, 0.2, 0.4]) {
      const { mean } = meanOf(walkAll(small, heard(1), asking(alert, 0.7)).returns)
      expect(mean).toBeLessThan(dear.returnMean)
    }
  })

  it('is not known of an analyst who errs', () => {
    expect(lagrangianBound(site, settingsOf({ analystAccuracy: 0.9 }), MODEL)).toBeNull()
  })
})
