/** Thresholds and areas by looking at every event again for every threshold. */
import type { Budget } from './operating-points.ts'

/** What is judged: [n] scores, [n] labels. */
export type Judged = { readonly scores: readonly number[]; readonly labels: readonly number[] }

/** The lowest score whose figure, and that of every higher score, keeps the budget; null where none does. */
export function lowestWithin(budget: Budget, { scores, labels }: Judged, eventsPerDay: number): number | null {
  const figureOf = (threshold: number) => {
    const flagged = labels.filter((_, i) => scores[i] >= threshold)
    if (budget.measure === 'alertsPerDay') return (flagged.length / labels.length) * eventsPerDay
    return flagged.filter((label) => label === 0).length / labels.filter((label) => label === 0).length
  }
  const keeping = scores.filter((threshold) => figureOf(threshold) <= budget.max)
  return keeping.length === 0 ? null : Math.min(...keeping)
}

/** The share of the pairs of a threat and a benign event that the scores order rightly, a tie being half right. */
export function orderedPairs({ scores, labels }: Judged): number {
  const [benign, threats] = [0, 1].map((wanted) => scores.filter((_, i) => labels[i] === wanted))
  const rights = threats.flatMap((threat) => benign.map((other) => (threat > other ? 1 : threat === other ? 0.5 : 0)))
  return rights.reduce<number>((sum, right) => sum + right, 0) / rights.length
}
