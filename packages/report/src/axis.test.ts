import { expect, it } from 'vitest'
import { fixedAxis, logarithmicAxis, place, roundAxis } from './axis.ts'

it.each([
  [[0.13, 0.86], [0, 1], 6],
  [[-7.9, 0.4], [-8, 2], 6],
  [[3, 3], [1, 5], 5],
  [[0, 0], [-0.6, 0.6], 7],
  [[1e-7, 4e-7], [1e-7, 4e-7], 7],
])('values %j stand on the axis %j', (values, ends, tickCount) => {
  const { from, to, ticks } = roundAxis(values, String)
  expect([from, to]).toEqual(ends)
  expect(ticks).toHaveLength(tickCount)
})

it('ticks are the numbers that a reader would write', () => {
  expect(fixedAxis(0, 0.35, String, { step: 0.05 }).ticks).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35])
  expect(fixedAxis(0, 4_194_304, String).ticks).toEqual([0, 1e6, 2e6, 3e6, 4e6])
  expect(logarithmicAxis([0.02, 3000], String).ticks).toEqual([0.01, 1, 100, 10_000])
})

it('a value lies between the ends as its number or its logarithm says', () => {
  expect(place(fixedAxis(-1, 3, String), 0)).toBe(0.25)
  expect(place(logarithmicAxis([1, 100], String), 10)).toBeCloseTo(0.5, 12)
})
