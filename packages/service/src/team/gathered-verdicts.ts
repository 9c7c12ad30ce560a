/** Verdicts between events: each goes into a batch with the event behind it, so that the agents agree on when it was heard. */
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import type { EventInputs } from '../event-inputs.ts'
import { LINE_BYTES_MAX } from '../input-lines.ts'
import { malformed } from '../live-event.ts'
import { verdictOf } from '../verdict-line.ts'
import { type HeardVerdict, readWrittenEvent, writtenEvent } from './batch-event.ts'
import type { Gatherer } from './gatherer.ts'
import type { KnownIds } from './known-ids.ts'

/** Verdicts that wait for an event. */
export type Verdicts = {
  /**
   * Takes a line that is a verdict.
   *
   * @param number of the line
   * @returns 'event' where it is none, 'repeated' where it came before, by its id
   * @throws {VigilError} EVENT_MALFORMED, EVENT_INVALID
   */
  take(line: RawEvent, number: number): 'event' | 'waits' | 'repeated'
  /** The text of an event with all verdicts that wait. */
  putBefore(written: string): string
  /** how many wait */
  readonly waiting: number
}

type Gathering = {
  readonly inputs: Pick<EventInputs, 'streamOf'>
  readonly ids: KnownIds['verdicts']
  readonly gatherer: Pick<Gatherer, 'hear'>
  /** gets the numbers of the lines with verdicts that wait */
  readonly held: Set<number>
  /** whether a verdict without an id is known by the number of its line */
  readonly isNumbered: boolean
}

/** Most verdicts that wait for an event. */
const WAITING_MAX = 2048

/** A team whose actions have no consequences hears none: what looks like one is an event. */
export function createVerdicts(
  { pipeline, environment }: Pick<Bundle, 'pipeline' | 'environment'>,
  { inputs, ids, gatherer, held, isNumbered }: Gathering,
): Verdicts {
  const columns = environment.response === null ? null : (pipeline.reading?.stream ?? [])
  let waiting: HeardVerdict[] = []
  let bytes = 0
  return {
    take(line, number) {
      if (columns === null) return 'event'
      const verdict = verdictOf(line, columns)
      if (verdict === null) return 'event'
      if (verdict === 'malformed')
        throw malformed('needs a verdict with "stream" and "hostile", true or false, received another one')
      const stream = inputs.streamOf(verdict.stream)
      if (stream === null)
        throw malformed(`needs a verdict that names its stream by ${columns.join(', ')}, received one that does not`)
      const id = idOfVerdict(line) ?? (isNumbered ? `line ${number}` : null)
      if (id !== null && ids.has(id)) return 'repeated'
      const one = { ...verdict, id }
      const size = Buffer.byteLength(JSON.stringify(one))
      if (bytes + size > LINE_BYTES_MAX || waiting.length === WAITING_MAX)
        throw malformed(`needs an event between more than ${WAITING_MAX} verdicts, or ${LINE_BYTES_MAX} bytes of them`)
      gatherer.hear(stream)
      if (id !== null) ids.put(id)
      waiting.push(one)
      held.add(number)
      bytes += size
      return 'waits'
    },
    putBefore(written) {
      if (waiting.length === 0) return written
      const { id, event } = readWrittenEvent(written)
      const heard = waiting
      waiting = []
      held.clear()
      bytes = 0
      return writtenEvent(id, event, heard)
    },
    get waiting() {
      return waiting.length
    },
  }
}

/** `{"verdict": {"id": 7, "stream": ..., "hostile": ...}}` @throws {VigilError} EVENT_MALFORMED */
function idOfVerdict({ verdict }: RawEvent): string | number | null {
  const { id = null } = verdict as { readonly id?: unknown }
  if (id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= 200)) return id
  throw malformed('needs a verdict whose id is a number or a text of at most 200 characters, received another one')
}
