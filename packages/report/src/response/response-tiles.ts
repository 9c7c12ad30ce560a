import { formatCount, formatShare, formatSigned } from '@vigil/command-line'
import { nameOf } from '@vigil/evaluation'
import type { Evaluation, ResponseScores } from '@vigil/runs'

type Tile = { readonly name: string; readonly value: string; readonly context: string }

/** The six figures of a team whose actions have consequences. @param alerts that it gave */
export function responseTiles(response: ResponseScores, gain: NonNullable<Evaluation['gain']>, alerts: number): Tile[] {
  const { streams, threatStreams, contained, falselyContained, missed, references, best, bound } = response
  return [
    {
      name: 'Return per stream',
      value: formatSigned(response.returnMean),
      context: `best tuned rule: ${nameOf(references[best])}, ${formatSigned(gain.best)}`,
    },
    {
      name: 'Gain over the best rule',
      value: formatSigned(gain.team - gain.best),
      context: `${formatSigned(gain.low)} to ${formatSigned(gain.high)} (95 %, paired over ${formatCount(streams)} streams)`,
    },
    {
      name: 'Share of the possible gain',
      value: gain.share === null ? 'none' : formatShare(gain.share),
      context: `from the per-event rule, ${formatSigned(gain.rule)}, to the ${bound.name}, ${formatSigned(gain.bound)}`,
    },
    {
      name: 'Threats contained',
      value: formatCount(contained),
      context: `of ${formatCount(threatStreams)} streams with a threat${afterInWords(response)}; nobody contained ${formatCount(missed)}`,
    },
    {
      name: 'False containments',
      value: formatCount(falselyContained),
      context: `of ${formatCount(streams)} streams`,
    },
    { name: 'Alerts', value: formatCount(alerts), context: alertsInWords(response) },
  ]
}

function afterInWords({ containmentEvents }: ResponseScores): string {
  return containmentEvents === null ? '' : `, half of them within ${containmentEvents} events of the first`
}

function alertsInWords({ alertsPerDay, dwellEvents }: ResponseScores): string {
  const dwell =
    dwellEvents === null
      ? 'no threat happened'
      : `from its first threat on a stream goes on for ${dwellEvents.toFixed(1)} events`
  return alertsPerDay === null ? dwell : `${formatCount(Math.round(alertsPerDay))} a day; ${dwell}`
}
