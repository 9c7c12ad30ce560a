import type { ContainmentLimit } from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'

/** What became of a limit on false containments, for a reader. */
export function limitInWords(
  { max, benign, allowed }: ContainmentLimit,
  {
    streams,
    threatStreams,
    falselyContained,
    references,
    best,
    stopLevels,
    stopFactor,
  }: Pick<
    ResponseScores,
    'streams' | 'threatStreams' | 'falselyContained' | 'references' | 'best' | 'stopLevels' | 'stopFactor'
  >,
): string {
  const harmless = streams - threatStreams
  const shareOf = (count: number) => `${count} of ${harmless} (${percent(count / Math.max(1, harmless))})`
  const chosen = stopLevels.find(({ factor }) => factor === stopFactor)?.falselyContained ?? 0
  const kept = chosen <= allowed ? '' : ` No stop level keeps that: the team contained ${chosen}.`
  return `For at most ${percent(max)} false containments with 95 % confidence, ${allowed} of the ${benign} validation streams without a threat might be contained.${kept} Here the team contains ${shareOf(falselyContained)}, the best rule ${shareOf(references[best].falselyContained)}.`
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}
