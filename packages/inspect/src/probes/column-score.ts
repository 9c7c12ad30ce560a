import { type BinnedColumn, MISSING_BIN } from './binned-column.ts'
import { type Scores, scoresOf } from './scores.ts'

/** What one column alone says of the label. */
export type ColumnScore = Scores & {
  readonly column: BinnedColumn
  /** [binCount] 1 = threat */
  readonly threatBins: Uint8Array
}

/**
 * The best threshold of a number, or the best set of values, by balanced accuracy on the rows that choose, judged on the others.
 *
 * @param labels [n] of the rows looked at, 1 = threat
 * @param halves [n] 0 = chooses, 1 = judges
 * @returns null where there are too few rows of a label
 */
export function columnScore(column: BinnedColumn, labels: Uint8Array, halves: Uint8Array): ColumnScore | null {
  const { binCount, bins } = column
  const counts = [new Float64Array(binCount), new Float64Array(binCount)]
  const totals = [0, 0]
  for (let i = 0; i < bins.length; i++) {
    if (halves[i] === 1) continue
    counts[labels[i]][bins[i]]++
    totals[labels[i]]++
  }
  if (totals[0] === 0 || totals[1] === 0) return null
  // What a bin adds to the balanced accuracy, times 2, when it is called a threat.
  const worth = Float64Array.from(
    { length: binCount },
    (_, bin) => counts[1][bin] / totals[1] - counts[0][bin] / totals[0],
  )
  const threatBins =
    column.kind === 'values' ? Uint8Array.from(worth, (value) => (value > 0 ? 1 : 0)) : bestThreshold(worth)
  const answers = Uint8Array.from(bins, (bin) => threatBins[bin])
  const scores = scoresOf(answers, labels, halves)
  return scores === null ? null : { ...scores, column, threatBins }
}

/** The bins on the better side of the best threshold; missing cells go where they do more good. */
function bestThreshold(worth: Float64Array): Uint8Array {
  let [sum, best, cut, isAbove] = [0, 0, 0, false]
  const total = worth.reduce((all, value, bin) => (bin === MISSING_BIN ? all : all + value), 0)
  for (let bin = 1; bin < worth.length; bin++) {
    sum += worth[bin]
    if (sum > best) [best, cut, isAbove] = [sum, bin, false]
    if (total - sum > best) [best, cut, isAbove] = [total - sum, bin, true]
  }
  return Uint8Array.from(worth, (value, bin) => {
    if (bin === MISSING_BIN) return value > 0 ? 1 : 0
    return best > 0 && bin <= cut !== isAbove ? 1 : 0
  })
}
