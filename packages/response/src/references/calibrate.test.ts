import { randomStream, randomUnit } from '@vigil/random'
import { expect, it } from 'vitest'
import { calibrated, calibrationOf } from './calibrate.ts'

/** Labels drawn with the log-odds 0.5 x - 1 at scores between -6 and 6. */
function drawn(count: number) {
  const source = randomStream(5, 'diagnosis')
  const logOdds = Float64Array.from({ length: count }, (_, i) => 12 * randomUnit(source, 2 * i) - 6)
  const labels = Uint8Array.from(logOdds, (x, i) =>
    randomUnit(source, 2 * i + 1) < 1 / (1 + Math.exp(1 - 0.5 * x)) ? 1 : 0,
  )
  return { logOdds, labels, rows: Uint32Array.from(logOdds, (_, row) => row) }
}

it('finds the line that the labels were drawn by', () => {
  const { logOdds, labels, rows } = drawn(20_000)
  const { slope, intercept } = calibrationOf(logOdds, labels, rows)
  expect(Math.abs(slope - 0.5)).toBeLessThan(0.03)
  expect(Math.abs(intercept + 1)).toBeLessThan(0.08)
})

it('makes probabilities that add up to the threats, Platt targets included', () => {
  const { logOdds, labels, rows } = drawn(500)
  const calibration = calibrationOf(logOdds, labels, rows)
  const threats = labels.reduce((sum, label) => sum + label, 0)
  const targets = (threats * (threats + 1)) / (threats + 2) + (500 - threats) / (500 - threats + 2)
  const sum = logOdds.reduce((total, x) => total + calibrated(calibration, x), 0)
  expect(sum).toBeCloseTo(targets, 3)
})

it('stays finite where a score never errs, is infinite, or where there is one label', () => {
  const cases = [
    [
      [-3, -2, 2, 3],
      [0, 0, 1, 1],
    ],
    [
      [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
      [0, 0, 1],
    ],
    [
      [-1, 0, 1],
      [0, 0, 0],
    ],
  ]
  for (const [logOdds, labels] of cases) {
    const calibration = calibrationOf(logOdds, Uint8Array.from(labels), Uint32Array.from(labels.keys()))
    const probabilities = logOdds.map((x) => calibrated(calibration, x))
    expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true)
    for (const [i, label] of labels.entries()) expect(Math.abs(probabilities[i] - label)).toBeLessThan(0.5)
  }
})

it('fits on the rows that it is given alone', () => {
  const { logOdds, labels, rows } = drawn(1_000)
  const part = rows.slice(0, 500)
  const others = labels.map((label, row) => (row < 500 ? label : 1 - label))
  expect(calibrationOf(logOdds, others, part)).toEqual(calibrationOf(logOdds, labels, part))
})
