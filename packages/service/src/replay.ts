import { setImmediate } from 'node:timers/promises'
import type { EventSequence, Recording } from '@vigil/data'
import { VigilError } from '@vigil/errors'
import type { RawEvent, ReadEvent } from '@vigil/features'
import type { Decider, LiveDecision } from './decider.ts'

/** After so many rows what waits is decided, and signals are heard. */
const ROWS_TOGETHER = 256

/** A decision on a row of a recording. */
export type ReplayedDecision = { readonly row: number; readonly decision: LiveDecision; readonly event: ReadEvent }

/**
 * Sends a recording through a decider, event by event in the order of time, and gives the decisions on one part of it. The events
 * of the other parts are the past alone, so that what streams remember of decisions begins where it does in an evaluation.
 *
 * @param decider made with the pipeline of the recording
 * @param isStopped asked now and then, whether this shall end
 * @throws {VigilError} EVENT_INVALID naming the row; LOGITS
 */
export function replay(
  decider: Decider,
  { rowCount, order, splits, event }: Recording,
  split: keyof Recording['splits'],
  isStopped: () => boolean = () => false,
): AsyncGenerator<ReplayedDecision> {
  const isPart = new Uint8Array(rowCount)
  for (const row of splits[split].rows) isPart[row] = 1
  return decideEach(
    decider,
    { order, event },
    { fateOf: (row) => (isPart[row] === 1 ? 'decide' : 'remember'), isStopped },
  )
}

/**
 * Decides on all events of files in the order of time.
 *
 * @param isJudged whether an event is one that the team judges; others are not there
 * @param isStopped asked now and then, whether this shall end
 * @throws {VigilError} EVENT_INVALID, EXPRESSION_INVALID naming the row; LOGITS
 */
export function decideAll(
  decider: Decider,
  sequence: EventSequence,
  { isJudged, isStopped }: { readonly isJudged: (event: RawEvent) => boolean; readonly isStopped: () => boolean },
): AsyncGenerator<ReplayedDecision> {
  const fateOf = (_: number, event: RawEvent) => (isJudged(event) ? 'decide' : 'pass over')
  return decideEach(decider, sequence, { fateOf, isStopped })
}

async function* decideEach(
  decider: Decider,
  { order, event }: Pick<EventSequence, 'order' | 'event'>,
  {
    fateOf,
    isStopped,
  }: {
    readonly fateOf: (row: number, event: RawEvent) => 'decide' | 'remember' | 'pass over'
    readonly isStopped: () => boolean
  },
): AsyncGenerator<ReplayedDecision> {
  let rows: number[] = []
  let read: ReadEvent[] = []
  function* flush(): Generator<ReplayedDecision> {
    for (const [i, decision] of decider.decide(read).entries()) yield { row: rows[i], decision, event: read[i] }
    rows = []
    read = []
  }
  for (const [i, row] of order.entries()) {
    if (i > 0 && i % ROWS_TOGETHER === 0) {
      yield* flush()
      await setImmediate()
      if (isStopped()) return
    }
    const { fate, one } = atRow(row, () => {
      const own = event(row)
      const fate = fateOf(row, own)
      return { fate, one: fate === 'pass over' ? null : decider.read(own) }
    })
    if (one === null) continue
    if (fate === 'remember') {
      // What was decided before this event must not know of it.
      if (rows.length > 0) yield* flush()
      decider.remember(one)
      continue
    }
    rows.push(row)
    read.push(one)
  }
  yield* flush()
}

/** Errors name the row, from 1. */
function atRow<T>(row: number, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw cause instanceof VigilError ? cause.at(`Row ${row + 1}`) : cause
  }
}
