import { configError } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import type { Budget } from '@vigil/evaluation'

/**
 * Makes sure that the data can keep the budgets, before anything is trained or decided.
 *
 * @throws {VigilError} CONFLICT where alerts per day are asked of data without times
 */
export function assertBudgets(budgets: readonly Budget[], { eventsPerDay }: Pick<Dataset, 'eventsPerDay'>): void {
  if (eventsPerDay !== null || budgets.every(({ measure }) => measure !== 'alertsPerDay')) return
  throw configError(
    'CONFLICT',
    '--max-alerts-per-day needs to know how long a day of these data is, but they have no times, or a part of the split spans none. Describe the column of the time (docs/events.md), or give --max-false-positive-rate alone.',
  )
}
