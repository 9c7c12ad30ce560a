import { deriveRates, type Flagged, type OperatingPoint, recallByClass } from '@vigil/runs'
import { rankingOf } from './ranking.ts'

/** What a threshold may cost at most, given before the data are looked at. */
export type Budget = OperatingPoint['budget']

/** Of every evaluation. Own choice. */
export const DEFAULT_BUDGETS: readonly Budget[] = [{ measure: 'falsePositiveRate', max: 0.01 }]

/** Events of a part of the split, with the truth about them and the scores of some policies. */
export type ScoredPart = {
  /** [n] 1 = threat, 0 = benign */
  readonly labels: Uint8Array
  /** Events a day of the recording that the part is of; null where the data have no times. */
  readonly eventsPerDay: number | null
  readonly policies: readonly {
    readonly name: string
    /** [n] */
    readonly scores: Float32Array
  }[]
}

/**
 * For each budget and policy the lowest threshold that keeps the budget on validation, and what it flags there and in the part
 * evaluated. Validation alone decides. Events with the threshold's score or a higher one are flagged, so equal scores share
 * their fate. Where validation has no benign event, nothing bounds the false-positive rate, and nothing is flagged.
 *
 * @param validation policies of the same names, in the same order as `evaluated`
 */
export function operatingPoints(
  budgets: readonly Budget[],
  validation: ScoredPart,
  evaluated: ScoredPart & { readonly classes: Uint8Array; readonly classNames: readonly string[] },
): OperatingPoint[] {
  return budgets.flatMap((budget) =>
    evaluated.policies.map(({ name, scores }, i) => {
      const known = validation.policies[i].scores
      const threshold = thresholdWithin(budget, known, validation)
      const actions = flag(scores, threshold)
      const { labels, classes, classNames } = evaluated
      return {
        name,
        budget,
        threshold,
        validation: flagged(flag(known, threshold), validation),
        evaluated: flagged(actions, evaluated),
        recallByClass: recallByClass({ actions, labels, classes }, classNames)
          .filter(({ rows }) => rows > 0)
          .map(({ recall }) => recall),
      }
    }),
  )
}

/**
 * The lowest score that keeps the budget on these events; null where none does.
 *
 * @example
 * ```ts
 * const budget = { measure: 'falsePositiveRate', max: 0.1 } as const
 * const events = { labels: Uint8Array.of(1, 0, 1, 0), eventsPerDay: null }
 * thresholdWithin(budget, Float32Array.of(0.75, 0.5, 0.25, 0.125), events) // 0.75: any lower flags half of the benign ones
 * ```
 */
export function thresholdWithin(
  { measure, max }: Budget,
  scores: Float32Array,
  { labels, eventsPerDay }: Pick<ScoredPart, 'labels' | 'eventsPerDay'>,
): number | null {
  const { thresholds, hits, falseAlarms, benign } = rankingOf(scores, labels)
  if (measure === 'alertsPerDay' && eventsPerDay === null) throw new TypeError('a budget per day needs times')
  if (measure === 'falsePositiveRate' && benign === 0) return null
  const keeps = (g: number) =>
    measure === 'falsePositiveRate'
      ? falseAlarms[g] / benign <= max
      : perDay(hits[g] + falseAlarms[g], labels.length, eventsPerDay!) <= max
  // Both figures only grow as the threshold falls.
  let kept = 0
  while (kept < thresholds.length && keeps(kept)) kept++
  return kept === 0 ? null : thresholds[kept - 1]
}

/** [n] 1 = flagged. */
function flag(scores: Float32Array, threshold: number | null): Uint8Array {
  return Uint8Array.from(scores, (score) => (threshold !== null && score >= threshold ? 1 : 0))
}

function flagged(actions: Uint8Array, { labels, eventsPerDay }: Omit<ScoredPart, 'policies'>): Flagged {
  const cells = [0, 0, 0, 0]
  for (let i = 0; i < actions.length; i++) cells[2 * labels[i] + actions[i]]++
  const [tn, fp, fn, tp] = cells
  const counts = { tp, fn, fp, tn }
  const rates = deriveRates({ ...counts, threatAlerts: 0, benignAlerts: 0, undecided: 0 })
  const { accuracy, precision, recall, f1, falsePositiveRate } = rates
  const alertsPerDay = eventsPerDay === null ? null : perDay(tp + fp, actions.length, eventsPerDay)
  return { ...counts, accuracy, precision, recall, f1, falsePositiveRate, alertsPerDay }
}

function perDay(count: number, rows: number, eventsPerDay: number): number {
  return (count / rows) * eventsPerDay
}
