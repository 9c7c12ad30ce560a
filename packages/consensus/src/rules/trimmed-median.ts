/**
 * `trimmed-median`: the median of the agents' threat scores without the f lowest and the f highest of them.
 *
 * At most f scores are Byzantine, so every score that is left lies between two honest ones, and so does their median
 * (Dolev, Lynch, Pinter, Stark and Weihl 1986, "Reaching approximate agreement in the presence of faults").
 * Trimming both ends alike does not move a median; it is stated because it is what the bound rests on, and because it
 * says when there is too little left: with fewer than 2f + 1 scores there is no decision.
 */
import type { Ballots, Judge } from './verdict.ts'

/**
 * The median of `scores` without the `faults` lowest and highest: the mean of the two middle ones of an even number.
 *
 * @param scores at least 2f + 1 finite numbers in any order
 * @returns NaN when there are fewer
 */
export function trimmedMedian(scores: ArrayLike<number>, faults: number): number {
  if (scores.length < 2 * faults + 1) return Number.NaN
  const sorted = Float64Array.from(scores).sort()
  return medianOfSorted(sorted.subarray(faults, sorted.length - faults))
}

/** The class is that of the median against the threshold; exactly on it there is no decision. Margin: their distance. */
export function trimmedMedianJudge({ agentCount, faults, actions, scores, threshold }: Ballots): Judge {
  const present = new Float64Array(agentCount)
  const attacked = new Float64Array(agentCount)
  return (at, verdict) => {
    verdict.support.fill(0)
    let count = 0
    for (let agent = at; agent < at + agentCount; agent++) {
      if (actions[agent] > 3) continue
      verdict.support[actions[agent]]++
      present[count++] = scores[agent]
    }
    const sorted = insertionSort(present.subarray(0, count))
    const median = trimmedMedian(sorted, faults)
    verdict.winner = median > threshold ? 'restrictive' : median < threshold ? 'permissive' : 'none'
    verdict.margin = Number.isNaN(median) ? 0 : Math.abs(median - threshold)

    // f agents do most by moving the scores at one end to the other; where too few have voted, some of them must join.
    const joining = Math.max(0, 2 * faults + 1 - count)
    const canDecide = joining <= faults && joining <= agentCount - count
    const low = canDecide ? attackedMedian({ sorted, faults, joining, extreme: 0 }, attacked) : Number.NaN
    const high = canDecide ? attackedMedian({ sorted, faults, joining, extreme: 1 }, attacked) : Number.NaN
    verdict.reachable.permissive = low < threshold
    verdict.reachable.restrictive = high > threshold
    verdict.reachable.none = (low <= threshold && high >= threshold) || count - Math.min(faults, count) < 2 * faults + 1
  }
}

/**
 * The lowest (extreme 0) or highest (1) median that f agents can bring about: `joining` of them vote although they had
 * not, the others leave the far end for the extreme.
 */
function attackedMedian(
  { sorted, faults, joining, extreme }: { sorted: Float64Array; faults: number; joining: number; extreme: 0 | 1 },
  out: Float64Array,
): number {
  const moved = faults - joining
  const scores = out.subarray(0, sorted.length + joining)
  if (extreme === 0) {
    scores.fill(0, 0, faults)
    scores.set(sorted.subarray(0, sorted.length - moved), faults)
  } else {
    scores.set(sorted.subarray(moved), 0)
    scores.fill(1, sorted.length - moved)
  }
  return medianOfSorted(scores)
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** In place. Rows are a few agents long, where this is the fastest sort. */
function insertionSort(values: Float64Array): Float64Array {
  for (let i = 1; i < values.length; i++) {
    const value = values[i]
    let at = i
    for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1]
    values[at] = value
  }
  return values
}
