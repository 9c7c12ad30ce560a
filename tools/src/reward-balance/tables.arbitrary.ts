/** Random reward tables and rates, for tests. */
import type { RewardTable } from '@vigil/env-wasm'
import fc from 'fast-check'

const amount = fc.integer({ min: -20, max: 20 }).map((n) => n / 2)

/** Any signs, in halves from -10 to 10. */
export const tables: fc.Arbitrary<RewardTable> = fc.record({
  truePositive: amount,
  trueNegative: amount,
  falsePositive: amount,
  falseNegative: amount,
  restrictiveCost: amount,
  alertCost: fc.oneof(amount, fc.constant(0)),
  alertedThreat: fc.integer({ min: 0, max: 4 }).map((n) => n / 4),
})

/** 0 to 1 in hundredths. */
export const rates: fc.Arbitrary<number> = fc.integer({ min: 0, max: 100 }).map((n) => n / 100)
