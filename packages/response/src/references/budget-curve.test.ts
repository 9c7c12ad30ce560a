import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { optimalPolicy } from '../optimum/optimal-policy.ts'
import { meanOf, partOf, QUICKEST_MODEL, quickestStreams } from '../quickest.fixture.ts'
import { walkAll } from '../walk-all.ts'
import { budgetCurve } from './budget-curve.ts'
import { BELIEF } from './score.ts'

const settings = { spec: DEFAULT_RESPONSE, seed: 1 }
const all = quickestStreams(400, 5)
const [validation, evaluated] = [partOf(all, 0, 200), partOf(all, 200, 400)]
const budgets = [0, 4, 8, 1000]
let rules = 0
const curve = await budgetCurve({ validation, evaluated }, settings, {
  score: BELIEF,
  budgets,
  onProgress: () => rules++,
})

describe('budgetCurve', () => {
  it('keeps every budget on validation, and charges less the larger it is', async () => {
    const [none, tight, loose, free] = curve
    expect(none.alerts).toBeLessThan(0.5)
    expect(none.price!).toBeGreaterThanOrEqual(tight.price!)
    expect(free.price).toBe(0)
    expect(tight.price!).toBeGreaterThanOrEqual(loose.price!)
    expect(loose.price!).toBeGreaterThan(0)
    const own = await budgetCurve({ validation, evaluated: validation }, settings, { score: BELIEF, budgets })
    for (const { alerts, budget } of own) expect(alerts).toBeLessThanOrEqual(budget + 1e-9)
    // More may be done with more alerts, on the streams on which rules were tuned.
    for (const [i, { returnMean }] of own.entries())
      if (i > 0) expect(returnMean).toBeGreaterThan(own[i - 1].returnMean)
    expect(rules).toBeGreaterThan(4)
  })

  it('is hardly worse than the exact optimum of the same price', () => {
    for (const { price, alerts, returnMean, returnPerThousand } of curve) {
      if (price === null) continue
      const streams = evaluated.streamStarts.length - 1
      const charged = { ...DEFAULT_RESPONSE, alertCost: DEFAULT_RESPONSE.alertCost + price }
      const optimum = optimalPolicy(charged, QUICKEST_MODEL)!
      const best = meanOf(walkAll(evaluated, { ...settings, spec: charged }, optimum.policy).returns)
      const paid = (price * alerts * evaluated.rows.length) / 1000 / streams
      expect(returnMean - paid).toBeGreaterThan(best.mean - 0.25)
      expect(returnMean - paid).toBeLessThan(best.mean + 0.1)
      expect(returnPerThousand).toBeCloseTo((1000 * returnMean * streams) / evaluated.rows.length, 9)
    }
  })
})
