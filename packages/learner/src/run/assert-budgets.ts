import { type Config, configError } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import type { Budget } from '@vigil/evaluation'

/**
 * Makes sure that there are thresholds to choose by the budgets that were asked for.
 *
 * @param budgets null = none was asked for
 * @throws {VigilError} CONFLICT where actions have consequences
 */
export function assertThresholds(
  budgets: readonly Budget[] | null,
  { environment }: Pick<Config, 'environment'>,
): void {
  if (budgets === null || budgets.length === 0 || environment !== 'respond') return
  throw configError(
    'CONFLICT',
    '--max-false-positive-rate and --max-alerts-per-day choose thresholds of independent events, but environment "respond" has none: what it chooses is the stop level (docs/respond.md). Leave them out, or give --max-false-containment-rate.',
  )
}

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

/**
 * Makes sure that there are containments to limit.
 *
 * @param max null = no limit is asked for
 * @throws {VigilError} CONFLICT where actions have no consequences
 */
export function assertContainmentRate(max: number | null, { environment }: Pick<Config, 'environment'>): void {
  if (max === null || environment === 'respond') return
  throw configError(
    'CONFLICT',
    `--max-false-containment-rate is of streams that a team contains, but environment "${environment}" contains none. Give --max-false-positive-rate, or train with --environment=respond.`,
  )
}
