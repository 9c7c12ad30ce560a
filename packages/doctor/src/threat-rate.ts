import type { Dataset } from '@vigil/data'

/** Share of threats among labels; 0 of none. @param labels [n] 1 = threat */
export function threatRateOf(labels: Uint8Array): number {
  return threatsOf(labels) / Math.max(1, labels.length)
}

/** How many labels are threats. @param labels [n] 1 = threat */
export function threatsOf(labels: Uint8Array): number {
  return labels.reduce((sum, label) => sum + label, 0)
}

/** Labels of some rows of the dataset, in their order: [n] 1 = threat. */
export function labelsOf({ labels }: Pick<Dataset, 'labels'>, rows: Uint32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => labels[row])
}

/** Share of threats among events that were decided; 0 of none. */
export function decidedThreatRate({ tp, fn, fp, tn }: Record<'tp' | 'fn' | 'fp' | 'tn', number>): number {
  return (tp + fn) / Math.max(1, tp + fn + fp + tn)
}

/** Threat rates that differ by more than this, as a share of the training's, are two different tasks. Own choice; the recorded temporal split: 0.4 and 1.0. */
export const RATE_DIFFERENCE_MAX = 0.25

/** A threat rate and the number of events that it was counted on. */
type CountedRate = { readonly rate: number; readonly events: number }

/**
 * Whether the threat rate of what is judged is another one than that of training: more than a quarter of it apart, and more
 * than five standard errors of both together, since a few hundred events may differ by chance.
 */
export function ratesDiffer(trained: CountedRate, judged: CountedRate): boolean {
  if (trained.events === 0 || judged.events === 0) return false
  const difference = Math.abs(judged.rate - trained.rate)
  const both = (trained.rate * trained.events + judged.rate * judged.events) / (trained.events + judged.events)
  const error = Math.sqrt(both * (1 - both) * (1 / trained.events + 1 / judged.events))
  return difference > RATE_DIFFERENCE_MAX * trained.rate && difference > 5 * error
}
