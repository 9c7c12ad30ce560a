import { expect, it } from 'vitest'
import { percent, short } from './format.ts'

it.each([
  [0, '0'],
  [0.0004, '4e-4'],
  [0.5, '0.5'],
  [0.256, '0.26'],
  [12, '12'],
  [12.34, '12.3'],
  [368.2, '368'],
  [9999, '9999'],
  [28_225, '28.2k'],
  [5_000_000, '5M'],
  [-2.71, '-2.71'],
])('%d is written %s', (value, text) => {
  expect(short(value)).toBe(text)
})

it.each([
  [0, '0 %'],
  [0.004, '0.4 %'],
  [0.123, '12 %'],
  [1, '100 %'],
])('a share of %d is written %s', (share, text) => {
  expect(percent(share)).toBe(text)
})
