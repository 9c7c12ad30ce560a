import type { OperatingPoint } from '@vigil/runs'
import { expect, it } from 'vitest'
import { budgetInWords } from './budget-in-words.ts'

const COUNTS = { tp: 0, fn: 0, fp: 0, tn: 0, precision: 0.5, recall: 0.75, accuracy: 0.9, f1: 0.6 }
const POINT: OperatingPoint = {
  ...{ name: 'team', budget: { measure: 'falsePositiveRate', max: 0.01 }, threshold: 0.5, recallByClass: [] },
  validation: { ...COUNTS, falsePositiveRate: 0.009, alertsPerDay: null },
  evaluated: { ...COUNTS, falsePositiveRate: 0.09, alertsPerDay: null },
}
const said = (changes: Partial<OperatingPoint>) =>
  budgetInWords({ ...POINT, ...changes }, 'test').replace(/[\u00A0\u202F]/g, ' ')

it('says what a budget became', () => {
  expect(said({})).toBe(
    'A threshold of 0.5 on the team score keeps at most 1 % false positives on validation (0.90 %); on test it has 9.0 %, 9 times the budget, with recall 75.0 %, accuracy 90.0 % and F1 0.600.',
  )
  expect(said({ evaluated: POINT.validation })).toContain('on test it has 0.90 %, within the budget, with')
  expect(said({ budget: { measure: 'falsePositiveRate', max: 0 } })).toContain('over the budget')
  for (const [max, given] of [
    [0.0155, '1.55'],
    [0.00005, '0.005'],
    [0.07, '7'],
  ] as const)
    expect(said({ budget: { measure: 'falsePositiveRate', max } })).toContain(
      `keeps at most ${given} % false positives`,
    )
  expect(said({ threshold: 0.999681293964386 })).toContain('A threshold of 0.999681 on')
  expect(said({ threshold: null })).toBe(
    'No threshold on the team score keeps at most 1 % false positives on validation, so nothing is flagged.',
  )
})

it('counts alerts by the day', () => {
  const alerts = { budget: { measure: 'alertsPerDay' as const, max: 50 } }
  const [validation, evaluated] = [48, 125].map((alertsPerDay) => ({ ...POINT.validation, alertsPerDay }))
  expect(said({ ...alerts, validation, evaluated })).toContain(
    'keeps at most 50 alerts a day on validation (48 alerts a day); on test it has 125 alerts a day, 2.5 times the budget',
  )
})
