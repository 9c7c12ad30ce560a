import { hasThreat, type Streams } from '../streams.ts'

/** How many streams without a threat may be contained where a policy is tuned. */
export type ContainmentLimit = {
  /** Share of all such streams that is not to be passed */
  readonly max: number
  /** Those that it is tuned on, and how many of them may be contained */
  readonly benign: number
  readonly allowed: number
  /** Whether so many show the share at all: too few streams do not even where none of them is contained */
  readonly isShown: boolean
}

/** Probability of being wrong about the share. */
const SIGNIFICANCE = 0.05

/**
 * The most false containments among some streams with which the share of all streams like them is at most `max`, with 95 %
 * confidence: the largest k whose one-sided bound (Clopper and Pearson 1934) is not above it,
 *
 *   P(X <= k) <= 0.05 for X binomial of n streams at the rate max.
 *
 * Where so few streams could not show it even without one, none is allowed and nothing is shown. The confidence is that of one
 * policy by itself, not of the best of many that were tried on the same streams.
 *
 * @param max in (0, 1)
 * @example
 * const { allowed } = containmentLimitOf(validation, 0.025) // 11 of 772 streams without a threat
 */
export function containmentLimitOf(streams: Streams, max: number): ContainmentLimit {
  let benign = 0
  for (let stream = 0; stream + 1 < streams.streamStarts.length; stream++) if (!hasThreat(streams, stream)) benign++
  let [allowed, logTerm, below] = [-1, benign * Math.log1p(-max), 0]
  for (let k = 0; k <= benign; k++) {
    below += Math.exp(logTerm)
    if (below > SIGNIFICANCE) break
    allowed = k
    logTerm += Math.log(((benign - k) * max) / ((k + 1) * (1 - max)))
  }
  return { max, benign, allowed: Math.max(0, allowed), isShown: allowed >= 0 }
}

/** Streams without a threat of which none may be contained for a share to be shown. */
export function streamsToShow(max: number): number {
  return Math.ceil(Math.log(SIGNIFICANCE) / Math.log1p(-max))
}
