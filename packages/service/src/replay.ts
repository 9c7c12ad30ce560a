import type { EventSequence, Recording } from '@vigil/data'
import type { RawEvent, ReadEvent } from '@vigil/features'
import type { Decider, LiveDecision } from './decider.ts'

/** Most events that wait for one call. */
const EVENTS_MAX = 4096

/** A decision on a row of a recording. */
export type ReplayedDecision = { readonly row: number; readonly event: RawEvent; readonly decision: LiveDecision }

/**
 * Sends a recording through a decider, event by event in the order of time, and gives the decisions on one part of it. The events
 * of the other parts are the past alone, so that what streams remember of decisions begins where it does in an evaluation.
 *
 * @param decider made with the pipeline of the recording
 * @throws {VigilError} EVENT_INVALID, LOGITS
 */
export function* replay(
  decider: Decider,
  { rowCount, order, splits, event }: Recording,
  split: keyof Recording['splits'],
): Generator<ReplayedDecision> {
  const isJudged = new Uint8Array(rowCount)
  for (const row of splits[split].rows) isJudged[row] = 1
  yield* decideEach(decider, { order, event }, (row) => (isJudged[row] === 1 ? 'decide' : 'remember'))
}

/**
 * Decides on all events of files in the order of time.
 *
 * @param isJudged whether an event is one that the team judges; others are not there
 * @throws {VigilError} EVENT_INVALID, LOGITS
 */
export function decideAll(
  decider: Decider,
  sequence: EventSequence,
  isJudged: (event: RawEvent) => boolean,
): Generator<ReplayedDecision> {
  return decideEach(decider, sequence, (_, event) => (isJudged(event) ? 'decide' : 'pass over'))
}

function* decideEach(
  decider: Decider,
  { order, event }: Pick<EventSequence, 'order' | 'event'>,
  fateOf: (row: number, event: RawEvent) => 'decide' | 'remember' | 'pass over',
): Generator<ReplayedDecision> {
  let rows: number[] = []
  let raw: RawEvent[] = []
  let read: ReadEvent[] = []
  function* flush(): Generator<ReplayedDecision> {
    for (const [i, decision] of decider.decide(read).entries()) yield { row: rows[i], event: raw[i], decision }
    rows = []
    raw = []
    read = []
  }
  for (const row of order) {
    const own = event(row)
    const fate = fateOf(row, own)
    if (fate === 'pass over') continue
    const one = decider.read(own)
    if (fate === 'remember') {
      // What was decided before this event must not know of it.
      if (rows.length > 0) yield* flush()
      decider.remember(one)
      continue
    }
    rows.push(row)
    raw.push(own)
    read.push(one)
    if (rows.length === EVENTS_MAX) yield* flush()
  }
  yield* flush()
}
