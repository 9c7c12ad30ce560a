import { type Flags, type FlagTable, numberFlag } from '@vigil/command-line'
import { type Budget, DEFAULT_BUDGETS } from '@vigil/evaluation'

const RATE = { min: 0, max: 1, hint: 'for example 0.01' }
const ALERTS = { min: 0, max: 1e9 }
const CONTAINMENTS = { min: 0.0001, max: 0.9999, hint: 'for example 0.025' }

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
  'max-false-containment-rate': {
    value: 'SHARE',
    about:
      'where actions have consequences, has stop level and rules contain at most this share of the streams without a threat',
    number: CONTAINMENTS,
  },
} as const satisfies FlagTable

/** The budgets that were given, the default one among them where only the other was; null = none. @throws {VigilError} INVALID_VALUE */
export function budgetsOf(flags: Flags): readonly Budget[] | null {
  const rate = numberFlag(flags, 'max-false-positive-rate', RATE)
  const alerts = numberFlag(flags, 'max-alerts-per-day', ALERTS)
  if (rate === undefined && alerts === undefined) return null
  return [
    ...(rate === undefined ? DEFAULT_BUDGETS : [{ measure: 'falsePositiveRate' as const, max: rate }]),
    ...(alerts === undefined ? [] : [{ measure: 'alertsPerDay' as const, max: alerts }]),
  ]
}

/** The limit that was given; null = none. @throws {VigilError} INVALID_VALUE */
export function containmentRateOf(flags: Flags): number | null {
  return numberFlag(flags, 'max-false-containment-rate', CONTAINMENTS) ?? null
}
