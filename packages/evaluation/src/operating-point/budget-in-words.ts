import { formatMeasure, formatScore, formatShare } from '@vigil/command-line'
import type { OperatingPoint } from '@vigil/runs'
import { shareAsGiven } from '../share-as-given.ts'

/** One sentence: which threshold keeps the budget on validation, and what the budget became on the split evaluated. */
export function budgetInWords(
  { name, budget, threshold, validation, evaluated }: OperatingPoint,
  split: string,
): string {
  const { measure, max } = budget
  const figure = (value: number) =>
    measure === 'falsePositiveRate' ? formatShare(value) : `${formatMeasure(value)} alerts a day`
  const allowed = measure === 'falsePositiveRate' ? `${shareAsGiven(max)} false positives` : figure(max)
  if (threshold === null) {
    return `No threshold on the ${name} score keeps at most ${allowed} on validation, so nothing is flagged.`
  }
  const [before, became] = [validation, evaluated].map((flagged) => flagged[measure] ?? 0)
  const outcome =
    became <= max
      ? 'within the budget'
      : max === 0
        ? 'over the budget'
        : `${formatMeasure(became / max)} times the budget`
  return (
    `A threshold of ${Number(threshold.toPrecision(6))} on the ${name} score keeps at most ${allowed} on validation (${figure(before)}); ` +
    `on ${split} it has ${figure(became)}, ${outcome}, with recall ${formatShare(evaluated.recall)}, ` +
    `accuracy ${formatShare(evaluated.accuracy)} and F1 ${formatScore(evaluated.f1)}.`
  )
}
