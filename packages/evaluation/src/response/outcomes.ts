import { type BlockedIntruder, CUT_OFF } from '@vigil/env-wasm'
import type { Streams } from '@vigil/response'
import { countActions, type ResponseScores } from '@vigil/runs'
import type { PlayedSplit } from '../play-split.ts'

const [BLOCK, QUARANTINE] = [1, 2]

/** What became of one stream. */
export type Outcome = {
  /** Who ended it before its recording does. */
  readonly endedBy: 'team' | 'analyst' | null
  /** Position at which it was ended, that of its end where nobody did. */
  readonly endedAt: number
  /** Position of the first threat, that of the stream's end where there is none. */
  readonly compromisedFrom: number
  /** Whether an event of its recording is a threat, also one that was cut off */
  readonly hasThreat: boolean
}

/**
 * What became of each stream of a split.
 *
 * @param actions [n] by position, CUT_OFF on events that did not happen
 * @param block   what an intruder does who was blocked
 */
export function outcomesOf(
  actions: Uint8Array,
  { rows, streamStarts, labels, order }: Streams,
  block: BlockedIntruder,
): Outcome[] {
  return Array.from({ length: streamStarts.length - 1 }, (_, stream) => {
    const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
    let after = end
    while (after > start && actions[after - 1] === CUT_OFF) after--
    const isTeams = after > start && actions[after - 1] === QUARANTINE
    const firstThreat = rows.subarray(start, end).findIndex((row) => labels[row] === 1)
    const hasThreat = firstThreat >= 0
    const compromisedFrom = hasThreat ? start + firstThreat : end
    if (isTeams) return { endedBy: 'team', endedAt: after - 1, compromisedFrom, hasThreat }
    const isFoiled = (position: number) => actions[position] === BLOCK && labels[rows[position]] === 1
    const hasGivenUp =
      block === 'fail-stop' && Array.from(actions.subarray(start, after), (_, i) => start + i).some(isFoiled)
    // Threats of an intruder who gave up, and those that hang on an earlier phase, are cut off without anyone: only other events
    // tell of an analyst.
    const isCutOffAlone = (position: number) =>
      (hasGivenUp && labels[rows[position]] === 1) || (order !== undefined && order.needs[position] > 0)
    while (after < end && isCutOffAlone(after)) after++
    return { endedBy: after < end ? 'analyst' : null, endedAt: after, compromisedFrom, hasThreat }
  })
}

/** Whether a stream was contained with a threat before. */
export function isContained({ endedBy, endedAt, compromisedFrom }: Outcome): boolean {
  return endedBy !== null && compromisedFrom <= endedAt
}

/** Whether a stream was contained without one before; one may have followed. */
export function isFalselyContained(outcome: Outcome): boolean {
  return outcome.endedBy !== null && !isContained(outcome)
}

/** Whether a stream was contained that has no threat at all: what a limit on false containments counts. */
export function isBenignContained({ endedBy, hasThreat }: Outcome): boolean {
  return endedBy !== null && !hasThreat
}

/** Figures of one policy that has played a split: those of evaluation.json's members, references and attacks. */
export function outcomeFigures(
  played: PlayedSplit,
  streams: Streams,
  block: BlockedIntruder,
): ResponseScores['members'][number] {
  const outcomes = outcomesOf(played.actions, streams, block)
  return {
    returnMean: meanOf(played.returns),
    actions: countActions(played.events.actions),
    cutOff: streams.rows.length - played.decidedAt.length,
    contained: outcomes.filter(isContained).length,
    falselyContained: outcomes.filter(isFalselyContained).length,
    benignContained: outcomes.filter(isBenignContained).length,
  }
}

/** Mean, 0 of nothing. */
export function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
