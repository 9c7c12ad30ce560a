import { formatShare } from '@vigil/command-line'
import type { SpecificationScores } from '@vigil/runs'

/**
 * How the satisfaction of a specification stands to its target.
 *
 *   met      the share of satisfied steps is at least the target
 *   unclear  it is below, but its interval reaches the target
 *   missed   its whole interval is below the target
 */
export type TargetStatus = 'met' | 'unclear' | 'missed'

/** @see TargetStatus */
export function statusOf({ satisfiedRate, satisfiedInterval, target }: SpecificationScores): TargetStatus {
  if (satisfiedRate >= target) return 'met'
  return satisfiedInterval[1] >= target ? 'unclear' : 'missed'
}

const STATUS_WORDS: Readonly<Record<TargetStatus, string>> = {
  met: 'meets its target of',
  unclear: 'is below its target, but not clearly, of',
  missed: 'misses its target of',
}

/** One sentence without its subject: "holds at 93.1 % of the steps (91.0 % to 95.2 %), misses its target of 95 %". */
export function targetInWords(scores: SpecificationScores): string {
  const [low, high] = scores.satisfiedInterval
  const interval = `${formatShare(low)} to ${formatShare(high)}`
  return `holds at ${formatShare(scores.satisfiedRate)} of the steps (${interval}) and ${STATUS_WORDS[statusOf(scores)]} ${formatShare(scores.target)}.`
}
