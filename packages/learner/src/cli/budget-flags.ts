import { type Flags, type FlagTable, numberFlag } from '@vigil/command-line'
import { type Budget, DEFAULT_BUDGETS } from '@vigil/evaluation'

const RATE = { min: 0, max: 1, hint: 'for example 0.01' }
const ALERTS = { min: 0, max: 1e9 }

/** What an operating point may cost at most: flags of an evaluation, which are no settings of a run. */
export const BUDGET_FLAGS = {
  'max-false-positive-rate': {
    value: 'SHARE',
    about: 'chooses a threshold on validation that flags at most this share of the benign events',
    number: RATE,
    default: DEFAULT_BUDGETS[0].max,
  },
  'max-alerts-per-day': {
    value: 'N',
    about: 'and one that flags at most so many events a day; needs data with times',
    number: ALERTS,
  },
} as const satisfies FlagTable

/** The budgets that were given, or the default one. @throws {VigilError} INVALID_VALUE */
export function budgetsOf(flags: Flags): readonly Budget[] {
  const rate = numberFlag(flags, 'max-false-positive-rate', RATE)
  const alerts = numberFlag(flags, 'max-alerts-per-day', ALERTS)
  return [
    ...(rate === undefined ? DEFAULT_BUDGETS : [{ measure: 'falsePositiveRate' as const, max: rate }]),
    ...(alerts === undefined ? [] : [{ measure: 'alertsPerDay' as const, max: alerts }]),
  ]
}
