import { type ContainmentLimit, streamsToShow } from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'
import { shareAsGiven } from '../share-as-given.ts'

/** What became of a limit on false containments, for a reader. */
export function limitInWords(
  { max, benign, allowed, isShown }: ContainmentLimit,
  {
    streams,
    threatStreams,
    benignContained,
    references,
    best,
    stopLevels,
    stopFactor,
  }: Pick<
    ResponseScores,
    'streams' | 'threatStreams' | 'benignContained' | 'references' | 'best' | 'stopLevels' | 'stopFactor'
  >,
): string {
  const harmless = streams - threatStreams
  const shareOf = (count = 0) => `${count} of ${harmless} (${((100 * count) / Math.max(1, harmless)).toFixed(1)} %)`
  const chosen = stopLevels.find(({ factor }) => factor === stopFactor)?.benignContained ?? 0
  const kept = chosen <= allowed ? '' : ` No stop level keeps that: the team contained ${chosen}.`
  const limit = shareAsGiven(max)
  const asked = isShown
    ? `For at most ${limit} false containments with 95 % confidence, ${allowed} of the ${benign} validation streams without a threat might be contained.`
    : `At most ${limit} false containments cannot be shown with 95 % confidence on ${benign} validation streams without a threat: that takes ${streamsToShow(max)} of which none is contained. None of these might be.`
  return `${asked}${kept} Here the team contains ${shareOf(benignContained)}, the best rule ${shareOf(references[best].benignContained)}.`
}
