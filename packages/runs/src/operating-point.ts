/** What a threshold on a score can do: curves over all thresholds, and the one that keeps a budget. */
import { z } from 'zod'
import { deriveRates } from './classification.ts'
import type { Inconsistency } from './policy-scores.ts'
import { count, label, share } from './schema-parts.ts'

const curvePointSchema = z.strictObject({
  /** Events with this score or a higher one are flagged. */
  threshold: z.number(),
  falsePositiveRate: share,
  recall: share,
  precision: share,
})

/** The ROC and the precision-recall curve of one score, which share their points. */
export const scoreCurveSchema = z.strictObject({
  /** Whose score: `team`, or a baseline. */
  name: label,
  /** Share of the pairs of a threat and a benign event that the score orders rightly, ties half; null without such pairs. */
  rocAuc: share.nullable(),
  /** Average precision. */
  prAuc: share,
  /** Some of the thresholds, from the highest to the lowest; the lowest flags every event. */
  points: z.array(curvePointSchema),
})

const flaggedSchema = z.strictObject({
  tp: count,
  fn: count,
  fp: count,
  tn: count,
  accuracy: share,
  precision: share,
  recall: share,
  f1: share,
  falsePositiveRate: share,
  /** Events flagged a day of the recording; null where the data have no times. */
  alertsPerDay: z.number().nonnegative().nullable(),
})

export const operatingPointSchema = z.strictObject({
  /** Whose score: `team`, or a baseline. */
  name: label,
  /** What the figure on validation may be at most. */
  budget: z.strictObject({
    measure: z.enum(['falsePositiveRate', 'alertsPerDay']),
    max: z.number().nonnegative(),
  }),
  /** The lowest score that keeps the budget on validation: from it on events are flagged. null = none does, nothing is flagged. */
  threshold: z.number().nullable(),
  /** What is flagged of the validation split, by which the threshold is chosen. */
  validation: flaggedSchema,
  /** What is flagged of the split evaluated. */
  evaluated: flaggedSchema,
  /** Share of each class decided rightly in the split evaluated, in the order of `perClass`. */
  recallByClass: z.array(share),
})

/** The ROC and the precision-recall curve of one score. */
export type ScoreCurve = Readonly<z.infer<typeof scoreCurveSchema>>

/** A threshold that keeps a budget on validation, and what it comes to. */
export type OperatingPoint = Readonly<z.infer<typeof operatingPointSchema>>

/** What a threshold flags of some events. */
export type Flagged = OperatingPoint['validation']

/** Curves that fall, counts that do not add up, and shares that do not follow from them. */
export function inconsistentPoints(evaluation: {
  readonly rows: number
  readonly threats: number
  readonly perClass: readonly unknown[]
  readonly curves: readonly ScoreCurve[]
  readonly operatingPoints: readonly OperatingPoint[]
}): Inconsistency[] {
  const { rows, threats, perClass, curves, operatingPoints } = evaluation
  return [
    ...curves.flatMap(({ points }, index) => {
      const falls = points.findIndex(
        (point, i) =>
          i > 0 &&
          (point.threshold >= points[i - 1].threshold ||
            point.recall < points[i - 1].recall ||
            point.falsePositiveRate < points[i - 1].falsePositiveRate),
      )
      const message = 'its threshold must be below the one before, its recall and falsePositiveRate not below'
      return falls < 0 ? [] : [{ path: ['curves', index, 'points', falls], message }]
    }),
    ...operatingPoints.flatMap(({ validation, evaluated, recallByClass }, index) => {
      const path = ['operatingPoints', index]
      const { tp, fn, fp, tn } = evaluated
      const sums = [
        { what: 'tp + fn (the threats)', sum: tp + fn, expected: threats },
        { what: 'tp + fn + fp + tn (the rows)', sum: tp + fn + fp + tn, expected: rows },
        { what: 'the number of classes in recallByClass', sum: recallByClass.length, expected: perClass.length },
      ].filter(({ sum, expected }) => sum !== expected)
      return [
        ...sums.map(({ what, sum, expected }) => ({ path, message: `${what} must be ${expected}, received ${sum}` })),
        ...ratesNotDerived([...path, 'validation'], validation),
        ...ratesNotDerived([...path, 'evaluated'], evaluated),
      ]
    }),
  ]
}

function ratesNotDerived(path: (string | number)[], flagged: Flagged): Inconsistency[] {
  const derived = deriveRates({ ...flagged, threatAlerts: 0, benignAlerts: 0, undecided: 0 })
  const shares = ['accuracy', 'precision', 'recall', 'f1', 'falsePositiveRate'] as const
  return shares
    .filter((name) => Math.abs(flagged[name] - derived[name]) > 1e-6)
    .map((name) => ({
      path: [...path, name],
      message: `must follow from the counts (${derived[name]}), received ${flagged[name]}`,
    }))
}
