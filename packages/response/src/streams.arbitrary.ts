import type { ResponseSpec } from '@vigil/env-wasm'
import fc from 'fast-check'
import type { Streams } from './streams.ts'

/** A few short streams, whose rows stand in the dataset in another order, with or without ratios and multipliers. */
export const anyStreams: fc.Arbitrary<Streams> = fc
  .record({
    lengths: fc.array(fc.integer({ min: 0, max: 14 }), { minLength: 1, maxLength: 5 }),
    hazard: fc.constantFrom(0, 0.01, 0.3),
    hasRatios: fc.boolean(),
    hasDamage: fc.boolean(),
  })
  .chain(({ lengths, hazard, hasRatios, hasDamage }) => {
    const count = lengths.reduce((sum, length) => sum + length, 0)
    const each = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: count, maxLength: count })
    return fc.record({
      rows: fc
        .shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count })
        .map((rows) => Uint32Array.from(rows)),
      streamStarts: fc.constant(
        Uint32Array.from([0, ...lengths.map((_, s) => lengths.slice(0, s + 1).reduce((a, b) => a + b, 0))]),
      ),
      labels: each(fc.constantFrom(0, 0, 1)).map((labels) => Uint8Array.from(labels)),
      ratios: hasRatios
        ? each(fc.constantFrom(0.1, 0.5, 1, 2, 9)).map((ratios) => Float32Array.from(ratios))
        : fc.constant(null),
      hazard: fc.constant(hazard),
      damage: hasDamage
        ? each(fc.constantFrom(0, 0.5, 1, 3)).map((damage) => Float32Array.from(damage))
        : fc.constant(null),
    })
  })

const cost = fc.constantFrom(0, 0.02, 0.3, 1, 2.5)

export const anySpec: fc.Arbitrary<ResponseSpec> = fc.record({
  allowedBenign: cost,
  damage: cost,
  dwell: cost,
  blockedBenign: cost,
  cutOffBenign: cost,
  containment: cost,
  falseContainment: cost,
  alertCost: cost,
  analystDelay: fc.integer({ min: 0, max: 6 }),
  analystAccuracy: fc.constantFrom(0.5, 0.8, 1),
  block: fc.constantFrom('fail-soft', 'fail-stop', 'retry'),
  layout: fc.constant('stream'),
  tickets: fc.constant(1),
  alertsPerShift: fc.constant(0),
  shift: fc.constant(0),
})
