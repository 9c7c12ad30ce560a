import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { curveOf } from './curves.ts'
import { type Budget, operatingPoints, thresholdWithin } from './operating-points.ts'
import { type Judged, lowestWithin, orderedPairs } from './threshold.oracle.ts'

/** Few different scores, so that many are tied; both labels. */
const judged = fc
  .array(fc.record({ score: fc.integer({ min: 0, max: 12 }), label: fc.integer({ min: 0, max: 1 }) }), {
    minLength: 2,
    maxLength: 60,
  })
  .filter((events) => new Set(events.map(({ label }) => label)).size === 2)
  .map(
    (events): Judged => ({ scores: events.map(({ score }) => score / 16), labels: events.map(({ label }) => label) }),
  )

const budget: fc.Arbitrary<Budget> = fc.oneof(
  fc.record({
    measure: fc.constant('falsePositiveRate' as const),
    max: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  }),
  fc.record({
    measure: fc.constant('alertsPerDay' as const),
    max: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 120, noNaN: true })),
  }),
)

const EVENTS_PER_DAY = 100

/** A part of a split with one policy, the team. */
const part = ({ scores, labels }: Judged) => ({
  labels: Uint8Array.from(labels),
  classes: Uint8Array.from(labels),
  classNames: ['benign', 'threat'],
  eventsPerDay: EVENTS_PER_DAY,
  policies: [{ name: 'team', scores: Float32Array.from(scores) }],
})

describe('the threshold of a budget', () => {
  it('is the lowest score that keeps it, as looking at every event for every threshold finds it', () => {
    fc.assert(
      fc.property(judged, budget, (events, limit) => {
        const { labels, policies, eventsPerDay } = part(events)
        const found = thresholdWithin(limit, policies[0].scores, { labels, eventsPerDay })
        expect(found).toBe(lowestWithin(limit, events, EVENTS_PER_DAY))
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps the budget on validation, and what it flags is counted there', () => {
    fc.assert(
      fc.property(judged, budget, (events, limit) => {
        const [{ threshold, validation, evaluated }] = operatingPoints([limit], part(events), part(events))
        expect(validation[limit.measure]).toBeLessThanOrEqual(limit.max)
        expect(evaluated).toEqual(validation)
        const flagged = events.scores.filter((score) => threshold !== null && score >= threshold)
        expect(validation.tp + validation.fp).toBe(flagged.length)
      }),
    )
  })

  it('is chosen by validation alone: neither labels nor scores of the part evaluated move it', () => {
    fc.assert(
      fc.property(judged, judged, judged, budget, (validation, first, second, limit) => {
        const [one, other] = [first, second].map(
          (evaluated) => operatingPoints([limit], part(validation), part(evaluated))[0],
        )
        expect(one.threshold).toBe(other.threshold)
        expect(one.validation).toEqual(other.validation)
      }),
    )
  })

  it('lets equal scores share their fate', () => {
    const tied = part({ scores: [0.9, 0.5, 0.5, 0.5, 0.1], labels: [1, 1, 0, 0, 0] })
    const third = operatingPoints([{ measure: 'falsePositiveRate', max: 1 / 3 }], tied, tied)[0]
    expect(third.threshold).toBeCloseTo(0.9, 6)
    expect(third.validation).toMatchObject({ tp: 1, fp: 0 })
  })

  it('flags nothing where every threshold exceeds the budget', () => {
    const worst = part({ scores: [0.9, 0.1], labels: [0, 1] })
    const [{ threshold, evaluated }] = operatingPoints([{ measure: 'falsePositiveRate', max: 0 }], worst, worst)
    expect(threshold).toBeNull()
    expect(evaluated).toMatchObject({ tp: 0, fp: 0, fn: 1, tn: 1, recall: 0, precision: 0, alertsPerDay: 0 })
  })

  it('flags nothing by false-positive rate where validation has no benign event', () => {
    const threats = part({ scores: [0.9, 0.1], labels: [1, 1] })
    const [rate, alerts] = operatingPoints(
      [
        { measure: 'falsePositiveRate', max: 0.5 },
        { measure: 'alertsPerDay', max: 50 },
      ],
      threats,
      threats,
    )
    expect(rate.threshold).toBeNull()
    expect(alerts).toMatchObject({ threshold: Math.fround(0.9), validation: { tp: 1, alertsPerDay: 50 } })
  })

  it('keeps the share of each class that is decided rightly', () => {
    const events = part({ scores: [0.9, 0.8, 0.7, 0.2], labels: [1, 0, 1, 0] })
    const [{ recallByClass }] = operatingPoints([{ measure: 'falsePositiveRate', max: 0.5 }], events, events)
    expect(recallByClass).toEqual([0.5, 1])
  })
})

describe('a curve', () => {
  const curve = ({ scores, labels }: Judged) => curveOf('team', Float32Array.from(scores), Uint8Array.from(labels))

  it('has an area that is the share of rightly ordered pairs', () => {
    fc.assert(
      fc.property(judged, (events) => {
        expect(curve(events).rocAuc).toBeCloseTo(orderedPairs(events), 12)
      }),
    )
  })

  it('rises from the highest score to the lowest, at which every event is flagged', () => {
    fc.assert(
      fc.property(judged, (events) => {
        const { points } = curve(events)
        for (let i = 1; i < points.length; i++) {
          expect(points[i].threshold).toBeLessThan(points[i - 1].threshold)
          expect(points[i].recall).toBeGreaterThanOrEqual(points[i - 1].recall)
          expect(points[i].falsePositiveRate).toBeGreaterThanOrEqual(points[i - 1].falsePositiveRate)
        }
        expect(points.at(-1)).toMatchObject({ recall: 1, falsePositiveRate: 1 })
        expect(points[0].threshold).toBe(Math.max(...events.scores))
      }),
    )
  })

  it('stays short, and no step of it is long, however many scores differ', () => {
    const count = 20_000
    const scores = Array.from({ length: count }, (_, i) => i / count)
    const { points } = curve({ scores, labels: scores.map((score, i) => (score + (i % 7) / 7 > 1 ? 1 : 0)) })
    expect(points.length).toBeLessThanOrEqual(130)
    for (let i = 1; i < points.length; i++) {
      expect(points[i].recall - points[i - 1].recall).toBeLessThan(0.02)
      expect(points[i].falsePositiveRate - points[i - 1].falsePositiveRate).toBeLessThan(0.02)
    }
  })

  it('has no area under ROC where one label is missing', () => {
    expect(curve({ scores: [0.1, 0.9], labels: [0, 0] })).toMatchObject({ rocAuc: null, prAuc: 0 })
    expect(curve({ scores: [0.1, 0.9], labels: [1, 1] })).toMatchObject({ rocAuc: null, prAuc: 1 })
  })
})
