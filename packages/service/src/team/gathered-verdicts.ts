/** Verdicts between events: each goes into a batch with an event behind it, so that the agents agree on when it was heard. */
import { formatCounted } from '@vigil/command-line'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { serviceError } from '../errors.ts'
import type { EventInputs } from '../event-inputs.ts'
import { LINE_BYTES_MAX } from '../input-lines.ts'
import { malformed } from '../live-event.ts'
import type { Span } from '../source/number-spans.ts'
import { verdictOf } from '../verdict-line.ts'
import { type HeardVerdict, readWrittenEvent, writtenEvent } from './batch-event.ts'
import type { Gatherer } from './gatherer.ts'
import type { KnownIds } from './known-ids.ts'

/** Verdicts that wait for an event. */
export type Verdicts = {
  /**
   * Takes a line that is a verdict.
   *
   * @param span ends with the number of the line
   * @returns 'event' where it is none, 'repeated' where it came before, by its id
   * @throws {VigilError} EVENT_MALFORMED, EVENT_INVALID, VERDICTS_WAIT
   */
  take(line: RawEvent, span: Span): 'event' | 'waits' | 'repeated'
  /** The text of an event with the verdicts that wait, as many as fit, and the numbers of their lines. */
  putBefore(written: string): { readonly text: string; readonly taken: readonly Span[] }
  /** how many wait */
  readonly waiting: number
}

type Gathering = {
  readonly inputs: Pick<EventInputs, 'streamOf'>
  readonly ids: KnownIds['verdicts']
  readonly gatherer: Pick<Gatherer, 'hear'>
  /** gets the numbers of the lines with verdicts that wait */
  readonly held: Set<number>
}

/** A verdict that waits, with its bytes at most. */
type Waiting = {
  readonly verdict: HeardVerdict
  readonly stream: string
  readonly span: Span
  readonly bytes: number
}

/** Most verdicts that go with one event: others wait for the next. */
const WITH_EVENT_MAX = 2048
/** Most verdicts that wait, and most bytes of them: a server hands out no more events without an acknowledgement than IN_FLIGHT_MAX_HELD. */
const WAITING_MAX = 32_768
const WAITING_BYTES_MAX = 32 * LINE_BYTES_MAX

/** A team whose actions have no consequences hears none: what looks like one is an event. */
export function createVerdicts(
  { pipeline, environment }: Pick<Bundle, 'pipeline' | 'environment'>,
  { inputs, ids, gatherer, held }: Gathering,
): Verdicts {
  const columns = environment.response === null ? null : (pipeline.reading?.stream ?? [])
  let waiting: Waiting[] = []
  let bytes = 0
  return {
    take(line, span) {
      if (columns === null) return 'event'
      const verdict = verdictOf(line, columns)
      if (verdict === null) return 'event'
      if (verdict === 'malformed')
        throw malformed('needs a verdict with "stream" and "hostile", true or false, received another one')
      const stream = inputs.streamOf(verdict.stream)
      if (stream === null)
        throw malformed(`needs a verdict that names its stream by ${columns.join(', ')}, received one that does not`)
      const id = idOfVerdict(line)
      if (id !== null && ids.has(id)) return 'repeated'
      const one = { ...verdict, id }
      const size = Buffer.byteLength(JSON.stringify(one))
      if (size > LINE_BYTES_MAX)
        throw malformed(`needs a verdict of at most ${LINE_BYTES_MAX} bytes written out, received more`)
      if (waiting.length === WAITING_MAX || bytes + size > WAITING_BYTES_MAX) throw tooMany(waiting.length)
      if (id !== null) ids.put(id)
      waiting.push({ verdict: one, stream, span, bytes: size })
      held.add(span.last)
      bytes += size
      return 'waits'
    },
    putBefore(written) {
      if (waiting.length === 0) return { text: written, taken: [] }
      const together = waiting.slice(0, countWithin(waiting))
      waiting = waiting.slice(together.length)
      for (const { stream, span, bytes: size } of together) {
        gatherer.hear(stream)
        held.delete(span.last)
        bytes -= size
      }
      const { id, event } = readWrittenEvent(written)
      return {
        text: writtenEvent(
          id,
          event,
          together.map(({ verdict }) => verdict),
        ),
        taken: together.map(({ span }) => span),
      }
    },
    get waiting() {
      return waiting.length
    },
  }
}

/** How many of the first go with one event. */
function countWithin(waiting: readonly Waiting[]): number {
  let [count, bytes] = [0, 0]
  while (count < Math.min(waiting.length, WITH_EVENT_MAX) && bytes + waiting[count].bytes <= LINE_BYTES_MAX) {
    bytes += waiting[count].bytes
    count++
  }
  return count
}

/** Nothing of them is acknowledged or passed over. */
function tooMany(count: number) {
  return serviceError(
    'VERDICTS_WAIT',
    `needs an event: ${formatCounted(count, 'verdict')} wait for one, and no more are held. Each goes with an event behind it, ${WITH_EVENT_MAX} with one. Remove verdicts from the source that nobody needs, or put events between them, and begin again: none of them is lost.`,
  )
}

/** `{"verdict": {"id": 7, "stream": ..., "hostile": ...}}` @throws {VigilError} EVENT_MALFORMED */
function idOfVerdict({ verdict }: RawEvent): string | number | null {
  const { id = null } = verdict as { readonly id?: unknown }
  if (id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= 200)) return id
  throw malformed('needs a verdict whose id is a number or a text of at most 200 characters, received another one')
}
