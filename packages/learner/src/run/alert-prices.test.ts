import { expect, it } from 'vitest'
import { sampleMetrics } from '../../../runs/src/sample-run.fixture.ts'
import { alertPricesBefore } from './alert-prices.ts'

const line = (iteration: number, ...prices: (number | null | undefined)[]) =>
  sampleMetrics(iteration, {
    stl: prices.map((alertPrice, s) => {
      const figures = { name: `rule ${s}`, satisfiedRate: 0.9, robustnessMin: -1, lambda: 0.1 }
      return alertPrice === undefined ? figures : { ...figures, alertPrice }
    }),
  })

it('means the last ten iterations before the checkpoint, those without a price left out', () => {
  const metrics = Array.from({ length: 14 }, (_, i) => line(i + 1, i + 1, undefined, i % 2 === 0 ? 4 : null))
  expect(alertPricesBefore(12, metrics)).toEqual([7.5, null, 4])
  expect(alertPricesBefore(2, metrics)).toEqual([1.5, null, 4])
  expect(
    alertPricesBefore(
      3,
      metrics.map((_, i) => line(i + 1, null)),
    ),
  ).toEqual([null])
  expect(alertPricesBefore(3, [])).toEqual([])
})
