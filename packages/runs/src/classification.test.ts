import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countActions, countConfusion, deriveRates, prAuc, recallByClass } from './classification.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('countConfusion', () => {
  it('calls block and quarantine a threat, allow and alert benign', () => {
    const actions = bytes(0, 1, 2, 3, 0, 1, 2, 3)
    const labels = bytes(1, 1, 1, 1, 0, 0, 0, 0)
    expect(countConfusion(actions, labels)).toEqual({
      ...{ tp: 2, fn: 2, fp: 2, tn: 2 },
      ...{ threatAlerts: 1, benignAlerts: 1, undecided: 0 },
    })
  })

  it('agrees with filtering row by row and adds up to the rows', () => {
    const flag = fc.integer({ min: 0, max: 1 })
    const row = fc.record({ action: fc.integer({ min: 0, max: 3 }), label: flag, decided: flag })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const counts = countConfusion(
          bytes(...rows.map((r) => r.action)),
          bytes(...rows.map((r) => r.label)),
          bytes(...rows.map((r) => r.decided)),
        )
        const alerts = (label: number) => rows.filter((r) => r.action === 3 && r.label === label).length
        const among = (threat: boolean, label: number) =>
          rows.filter((r) => [1, 2].includes(r.action) === threat && r.label === label).length
        expect(counts).toEqual({
          ...{ tp: among(true, 1), fn: among(false, 1), fp: among(true, 0), tn: among(false, 0) },
          ...{ threatAlerts: alerts(1), benignAlerts: alerts(0) },
          undecided: rows.filter((r) => r.decided === 0).length,
        })
        expect(counts.tp + counts.fn + counts.fp + counts.tn).toBe(rows.length)
      }),
    )
  })

  it.each([
    ['different lengths', bytes(0, 1), bytes(0), /labels must hold one value per row of actions \(2\), received 1/],
    ['an unknown action', bytes(0, 4), bytes(0, 0), /actions\[1\] must be 0 to 3, received 4/],
    ['an unknown label', bytes(0, 1), bytes(0, 2), /labels\[1\] must be 0 or 1, received 2/],
  ])('refuses %s', (_, actions, labels, message) => {
    expect(() => countConfusion(actions, labels)).toThrowError(message)
    expect(() => countConfusion(actions, labels)).toThrowError(
      expect.objectContaining({ code: 'CLASSIFICATION_INVALID' }),
    )
  })
})

describe('deriveRates', () => {
  it('follows the definitions', () => {
    const rates = deriveRates({ tp: 30, fn: 10, fp: 20, tn: 140, threatAlerts: 6, benignAlerts: 4, undecided: 3 })
    expect(rates.accuracy).toBeCloseTo(0.85, 12)
    expect(rates.precision).toBeCloseTo(0.6, 12)
    expect(rates.recall).toBeCloseTo(0.75, 12)
    expect(rates.f1).toBeCloseTo((2 * 0.6 * 0.75) / (0.6 + 0.75), 12)
    expect(rates.falsePositiveRate).toBeCloseTo(0.125, 12)
    expect(rates.alertRate).toBeCloseTo(0.05, 12)
    expect(rates.undecidedRate).toBeCloseTo(0.015, 12)
  })

  it('gives 0 for shares of nothing', () => {
    expect(deriveRates({ tp: 0, fn: 0, fp: 0, tn: 0, threatAlerts: 0, benignAlerts: 0, undecided: 0 })).toEqual({
      accuracy: 0,
      precision: 0,
      recall: 0,
      f1: 0,
      falsePositiveRate: 0,
      alertRate: 0,
      undecidedRate: 0,
    })
  })
})

describe('prAuc', () => {
  it('gives the figure of the scikit-learn manual', () => {
    // average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.8333...
    expect(prAuc(Float64Array.of(0.1, 0.4, 0.35, 0.8), bytes(0, 0, 1, 1))).toBeCloseTo(5 / 6, 12)
  })

  it('is 1 for a perfect ranking, the threat rate for a constant score, 0 without threats or rows', () => {
    expect(prAuc(Float32Array.of(0.9, 0.8, 0.2), bytes(1, 1, 0))).toBe(1)
    expect(prAuc(Float32Array.of(0.5, 0.5, 0.5, 0.5), bytes(1, 0, 0, 0))).toBe(0.25)
    expect(prAuc(Float32Array.of(0.5, 0.6), bytes(0, 0))).toBe(0)
    expect(prAuc(new Float32Array(0), bytes())).toBe(0)
  })

  it('is exactly 1 for a perfect ranking of any size, and at most 1 for one that is nearly perfect', () => {
    for (let threats = 1; threats <= 2000; threats++) {
      const scores = Float64Array.from({ length: threats + 2 }, (_, row) => -row)
      const perfect = Uint8Array.from(scores, (_, row) => (row < threats ? 1 : 0))
      expect(prAuc(scores, perfect)).toBe(1)
      const oneTooHigh = Uint8Array.from(scores, (_, row) => (row < threats - 1 || row === threats ? 1 : 0))
      expect(prAuc(scores, oneTooHigh)).toBeLessThan(1)
    }
  })

  it('agrees with a threshold-by-threshold oracle, ties included, in any order of the rows', () => {
    // Few distinct scores make ties common; -0 and 0 are one threshold.
    const row = fc.record({
      score: fc.constantFrom(-3, -0, 0, 0.25, 0.5, 0.75, 1),
      label: fc.integer({ min: 0, max: 1 }),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const area = (list: typeof rows) =>
          prAuc(
            Float64Array.from(list, (r) => r.score),
            bytes(...list.map((r) => r.label)),
          )
        expect(area(rows)).toBeCloseTo(averagePrecisionOracle(rows), 12)
        expect(area(rows.toReversed())).toBe(area(rows))
      }),
      { numRuns: 500 },
    )
  })

  it('refuses a score that is not finite', () => {
    expect(() => prAuc(Float32Array.of(0.1, Number.NaN), bytes(0, 1))).toThrowError(
      /scores\[1\] must be a finite number/,
    )
  })
})

it('countActions counts and refuses unknown actions', () => {
  expect(countActions(bytes(0, 0, 1, 3, 3, 3))).toEqual({ allow: 2, block: 1, quarantine: 0, alert: 3 })
  expect(() => countActions(bytes(9))).toThrowError(/actions\[0\] must be 0 to 3, received 9/)
})

it('recallByClass is the share of restrictive decisions for threats and of permissive ones for the rest', () => {
  const decided = {
    actions: bytes(0, 3, 1, 2, 0, 1),
    labels: bytes(0, 0, 0, 1, 1, 1),
    classes: bytes(0, 0, 0, 1, 1, 3),
  }
  expect(recallByClass(decided, ['benign', 'execution', 'absent', 'exfiltration'])).toEqual([
    { name: 'benign', rows: 3, recall: 2 / 3 },
    { name: 'execution', rows: 2, recall: 0.5 },
    { name: 'absent', rows: 0, recall: 0 },
    { name: 'exfiltration', rows: 1, recall: 1 },
  ])
  expect(() => recallByClass(decided, ['benign'])).toThrowError(/classes\[3\] must be below 1, received 1/)
})

/** Every distinct score as a threshold, every row looked at again. */
function averagePrecisionOracle(rows: readonly { score: number; label: number }[]): number {
  const threats = rows.filter((row) => row.label === 1).length
  if (threats === 0) return 0
  const thresholds = [...new Set(rows.map((row) => row.score + 0))].sort((a, b) => b - a)
  let area = 0
  let recallBefore = 0
  for (const threshold of thresholds) {
    const chosen = rows.filter((row) => row.score >= threshold)
    const hits = chosen.filter((row) => row.label === 1).length
    area += (hits / threats - recallBefore) * (hits / chosen.length)
    recallBefore = hits / threats
  }
  return area
}
