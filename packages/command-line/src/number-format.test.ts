import { expect, it } from 'vitest'
import {
  formatCompact,
  formatCount,
  formatCounted,
  formatDuration,
  formatMeasure,
  formatScore,
  formatShare,
  formatSigned,
} from './number-format.ts'

it.each([
  [formatScore, 0.94849, '0.948'],
  [formatScore, 0.99999, '0.999'],
  [formatScore, 1, '1.000'],
  [formatScore, Number.NaN, '–'],
  [formatScore, null, '–'],
  [formatCount, 74999, '74,999'],
  [formatCompact, 940, '940'],
  [formatCompact, 999.7, '1k'],
  [formatCompact, 6543, '6.5k'],
  [formatCompact, 20_000, '20k'],
  [formatCompact, 999_960, '1M'],
  [formatCompact, Number.POSITIVE_INFINITY, '–'],
  [formatShare, 0, '0\u00A0%'],
  [formatShare, 1e-6, '<0.01\u00A0%'],
  [formatShare, 0.0034, '0.34\u00A0%'],
  [formatShare, 0.1234, '12.3\u00A0%'],
  [formatShare, 0.99951, '99.95\u00A0%'],
  [formatShare, 0.999999, '>99.99\u00A0%'],
  [formatShare, 1, '100\u00A0%'],
  [formatShare, 1.0021, '100.2\u00A0%'],
  [formatShare, -0.25, '−25.0\u00A0%'],
  [formatSigned, 1.618, '+1.62'],
  [formatSigned, -7.9, '−7.90'],
  [formatSigned, -0.001, '0.00'],
  [formatSigned, Number.NEGATIVE_INFINITY, '–'],
  [formatMeasure, 0, '0'],
  [formatMeasure, 0.00412, '0.00412'],
  [formatMeasure, 1.386294, '1.39'],
  [formatMeasure, -84434.2, '−84,434'],
  [formatMeasure, 0.00001234, '1.23e−5'],
  [formatMeasure, 100, '100'],
  [formatDuration, 48_400, '48 s'],
  [formatDuration, 185_000, '3 min 05 s'],
  [formatDuration, 7_800_000, '2 h 10 min'],
] as const)('%o writes %d as %s', (format, value, text) => {
  expect((format as (value: number | null) => string)(value)).toBe(text)
})

it('counts one in the singular', () => {
  expect([0, 1, 2].map((count) => formatCounted(count, 'row'))).toEqual(['0 rows', '1 row', '2 rows'])
  expect([1, 3].map((count) => formatCounted(count, 'category', 'categories'))).toEqual(['1 category', '3 categories'])
})
