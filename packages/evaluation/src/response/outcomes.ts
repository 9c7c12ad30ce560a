import { CUT_OFF } from '@vigil/env-wasm'
import type { Streams } from '@vigil/response'
import { countActions, type ResponseScores } from '@vigil/runs'
import type { PlayedSplit } from '../play-split.ts'

const QUARANTINE = 2

/** What became of one stream. */
export type Outcome = {
  /** Who ended it before its recording does. */
  readonly endedBy: 'team' | 'analyst' | null
  /** Position at which it was ended, that of its end where nobody did. */
  readonly endedAt: number
  /** Position of the first threat, that of the stream's end where there is none. */
  readonly compromisedFrom: number
}

/**
 * What became of each stream of a split.
 *
 * @param actions [n] by position, CUT_OFF on events that did not happen
 */
export function outcomesOf(actions: Uint8Array, { rows, streamStarts, labels }: Streams): Outcome[] {
  return Array.from({ length: streamStarts.length - 1 }, (_, stream) => {
    const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
    let after = end
    // Threats of an intruder who gave up are cut off too, but benign events follow.
    while (after > start && actions[after - 1] === CUT_OFF) after--
    const isTeams = after > start && actions[after - 1] === QUARANTINE
    const firstThreat = rows.subarray(start, end).findIndex((row) => labels[row] === 1)
    const compromisedFrom = firstThreat < 0 ? end : start + firstThreat
    if (isTeams) return { endedBy: 'team', endedAt: after - 1, compromisedFrom }
    return after < end
      ? { endedBy: 'analyst', endedAt: after, compromisedFrom }
      : { endedBy: null, endedAt: end, compromisedFrom }
  })
}

/** Whether a stream was contained with a threat before. */
export function isContained({ endedBy, endedAt, compromisedFrom }: Outcome): boolean {
  return endedBy !== null && compromisedFrom <= endedAt
}

/** Whether a stream was contained without one. */
export function isFalselyContained(outcome: Outcome): boolean {
  return outcome.endedBy !== null && !isContained(outcome)
}

/** Figures of one policy that has played a split: those of evaluation.json's members, references and attacks. */
export function outcomeFigures(played: PlayedSplit, streams: Streams): ResponseScores['members'][number] {
  const outcomes = outcomesOf(played.actions, streams)
  return {
    returnMean: meanOf(played.returns),
    actions: countActions(played.events.actions),
    cutOff: streams.rows.length - played.decidedAt.length,
    contained: outcomes.filter(isContained).length,
    falselyContained: outcomes.filter(isFalselyContained).length,
  }
}

/** Mean, 0 of nothing. */
export function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
