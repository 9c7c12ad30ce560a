/**
 * `trimmed-median`: the median of the agents' threat scores without the f lowest and the f highest of them.
 *
 * At most f scores are Byzantine, so every score that is left lies between two honest ones, and so does their median
 * (Dolev, Lynch, Pinter, Stark and Weihl 1986, "Reaching approximate agreement in the presence of faults").
 * Trimming both ends alike does not move a median; it is stated because it is what the bound rests on, and because it
 * says when there is too little left. The f are trimmed on each side of the m scores that are there: n - f are at least
 * 2f + 1, and with fewer than n - f there is no decision.
 */
import { ballotsNeeded } from './quorum.ts'
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

/** The class is that of the median of at least n - f scores; exactly on the threshold there is no decision. Margin: their distance. */
export function trimmedMedianJudge({ agentCount, faults, actions, scores, threshold }: Ballots): Judge {
  const present = new Float64Array(agentCount)
  const attacked = new Float64Array(ballotsNeeded(agentCount, faults))
  return (at, verdict) => {
    verdict.support.fill(0)
    let count = 0
    for (let agent = at; agent < at + agentCount; agent++) {
      if (actions[agent] > 3) continue
      verdict.support[actions[agent]]++
      present[count++] = scores[agent]
    }
    const sorted = insertionSort(present.subarray(0, count))
    const median = count < attacked.length ? Number.NaN : trimmedMedian(sorted, faults)
    verdict.winner = median > threshold ? 'restrictive' : median < threshold ? 'permissive' : 'none'
    verdict.margin = Number.isNaN(median) ? 0 : Math.abs(median - threshold)

    const low = attackedMedian({ sorted, faults, extreme: 0 }, attacked)
    const high = attackedMedian({ sorted, faults, extreme: 1 }, attacked)
    verdict.reachable.permissive = low < threshold
    verdict.reachable.restrictive = high > threshold
    // Between the two every median is in reach. Where somebody is missing, f more are too many.
    verdict.reachable.none = (low <= threshold && high >= threshold) || count < agentCount
  }
}

/**
 * The lowest (extreme 0) or highest (1) median that f liars and a leader that leaves ballots out can bring about: the f
 * scores at the far end turn into the extreme, and of the others the f nearest to that end are left out or missing.
 *
 * @param sorted scores of the agents that voted
 * @param out    [n - f], overwritten with the scores that are counted then
 * @returns NaN when too few have voted for f more to make n - f
 */
function attackedMedian(
  { sorted, faults, extreme }: { sorted: Float64Array; faults: number; extreme: 0 | 1 },
  out: Float64Array,
): number {
  const kept = out.length - faults
  if (sorted.length < kept) return Number.NaN
  if (extreme === 0) {
    out.fill(0, 0, faults)
    out.set(sorted.subarray(0, kept), faults)
  } else {
    out.set(sorted.subarray(sorted.length - kept), 0)
    out.fill(1, kept)
  }
  return medianOfSorted(out)
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
