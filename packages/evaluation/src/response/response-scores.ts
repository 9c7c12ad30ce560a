import type { EvaluationSplit, Team } from '@vigil/actors'
import { LEDGER_ENTRIES, type ResponseSpec } from '@vigil/env-wasm'
import type { Streams } from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'
import type { PlayedSplit } from '../play-split.ts'
import { isBenignContained, isContained, isFalselyContained, meanOf, type Outcome } from './outcomes.ts'

const ALERT = 3

/** What the team's streams came to: the part of evaluation.json's `response` that needs no other policy. */
export function teamFigures(
  { returns, ledgers, actions, decidedAt }: PlayedSplit,
  {
    streams,
    outcomes,
    spec,
    eventsPerDay,
  }: {
    readonly streams: Streams
    readonly outcomes: readonly Outcome[]
    readonly spec: ResponseSpec
    readonly eventsPerDay: number | null
  },
) {
  const mean = meanOf(returns)
  const alerts = decidedAt.reduce((sum, position) => sum + (actions[position] === ALERT ? 1 : 0), 0)
  const met = outcomes.filter(({ hasThreat, compromisedFrom, endedAt }) => hasThreat && compromisedFrom <= endedAt)
  return {
    costs: { ...spec },
    streams: outcomes.length,
    threatStreams: outcomes.filter(({ hasThreat }) => hasThreat).length,
    ledger: Object.fromEntries(
      LEDGER_ENTRIES.map((name, entry) => [
        name,
        meanOf(Float64Array.from(outcomes, (_, stream) => ledgers[stream * LEDGER_ENTRIES.length + entry])),
      ]),
    ) as ResponseScores['ledger'],
    returnMean: mean,
    returnDeviation: Math.sqrt(meanOf(returns.map((value) => (value - mean) ** 2))),
    contained: outcomes.filter(isContained).length,
    falselyContained: outcomes.filter(isFalselyContained).length,
    benignContained: outcomes.filter(isBenignContained).length,
    missed: outcomes.filter(({ endedBy, hasThreat }) => endedBy === null && hasThreat).length,
    dwellEvents:
      met.length === 0 ? null : met.reduce((sum, own) => sum + own.endedAt - own.compromisedFrom, 0) / met.length,
    containmentEvents: medianOf(
      outcomes.filter(isContained).map(({ endedAt, compromisedFrom }) => endedAt - compromisedFrom + 1),
    ),
    alertsPerDay: eventsPerDay === null ? null : (alerts * eventsPerDay) / streams.rows.length,
  }
}

/** Events a day of the recording in a part of a split. */
export function eventsPerDayOf({ dataset }: Team, split: EvaluationSplit): number | null {
  return dataset.eventsPerDay?.[split] ?? null
}

/** The middle value, of two the mean; null of nothing. */
function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
}
