/** How well "is it a threat?" is answered on rows that did not choose the answer. */
export type Scores = {
  /** Mean of the shares of threats and of benign rows that are told rightly: 0.5 = no better than a coin. */
  readonly balancedAccuracy: number
  readonly f1: number
  /** Share of all rows that are told rightly. */
  readonly agreement: number
  /** F1 of calling every row a threat. */
  readonly baseF1: number
}

/** Fewer rows of a label leave anything perfect by chance. */
const LABEL_ROWS_MIN = 10

/**
 * @param answers [n] 1 = threat
 * @param labels  [n] 1 = threat
 * @param counted [n] 1 = the row is judged by
 * @returns null where there are too few rows of a label
 */
export function scoresOf(answers: Uint8Array, labels: Uint8Array, counted: Uint8Array): Scores | null {
  const cells = [0, 0, 0, 0]
  for (let i = 0; i < labels.length; i++) if (counted[i] === 1) cells[2 * labels[i] + answers[i]]++
  const [tn, fp, fn, tp] = cells
  const [benign, threats] = [tn + fp, fn + tp]
  if (benign < LABEL_ROWS_MIN || threats < LABEL_ROWS_MIN) return null
  return {
    balancedAccuracy: (tp / threats + tn / benign) / 2,
    f1: (2 * tp) / (2 * tp + fp + fn),
    agreement: (tp + tn) / (benign + threats),
    baseF1: (2 * threats) / (2 * threats + benign),
  }
}
