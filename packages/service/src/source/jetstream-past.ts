import {
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  type OrderedConsumerOptions,
  type StreamState,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { formatCounted } from '@vigil/command-line'
import type { InputLine } from '../input-lines.ts'
import { lineOf, refused } from './jetstream-stream.ts'

/** Events that are asked for at a time. */
const TOGETHER = 256
/** How long events that the server has are waited for, in milliseconds. */
const WAIT_MS = 2000

/** Where the past begins: at a number of the stream, or at a time of the server. */
export type PastStart = { readonly sequence: number } | { readonly time: Date }

/** Which events are the past. */
export type SubjectPast = {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly stream: string
  readonly subject: string
  readonly durable: string
  readonly start: PastStart
  /** is told where the stream no longer has all of it */
  readonly note: (text: string) => void
  /** asks for an end */
  readonly stop: AbortSignal
}

/**
 * The events of a subject that a durable consumer has acknowledged, all that came before the first that it has not, in their order. Nothing is taken from the
 * consumer. What the stream no longer has cannot be given, and is told of.
 *
 * @throws {VigilError} JETSTREAM_REFUSED
 */
export async function* jetstreamPast(settings: SubjectPast): AsyncGenerator<InputLine[]> {
  const { connection, manager, stream, subject, durable, start, note, stop } = settings
  try {
    const until = (await manager.consumers.info(stream, durable)).ack_floor.stream_seq
    if (until === 0) return
    const { state } = await manager.streams.info(stream)
    const gap = gapIn(state, start, until)
    if (gap !== null) note(`${stream} ${gap}: what was decided on of that is not remembered`)
    if (state.first_seq > until) return
    const consumer = await jetstream(connection).consumers.get(stream, { filter_subjects: subject, ...startOf(start) })
    for (let isOver = false; !isOver && !stop.aborted; ) {
      const together: JsMsg[] = []
      for await (const message of await consumer.fetch({ max_messages: TOGETHER, expires: WAIT_MS })) {
        isOver ||= message.seq >= until || message.info.pending === 0
        if (message.seq <= until) together.push(message)
        if (isOver) break
      }
      if (together.length > 0) yield together.map(lineOf)
      else isOver ||= (await consumer.info()).num_pending === 0
    }
  } catch (cause) {
    throw refused(`hand out the past of ${subject}`, cause)
  }
}

/** What a stream no longer has of the past, by its limits, its retention or a deletion; null = nothing. Whose events those were it does not tell. */
function gapIn(
  { first_seq, first_ts, last_ts, messages, num_deleted = 0 }: StreamState,
  start: PastStart,
  until: number,
) {
  // The message before the first one may be as old as one likes, and as young as the first.
  const isCut =
    'sequence' in start
      ? first_seq > Math.max(1, start.sequence) && start.sequence <= until
      : first_seq > 1 && new Date(messages > 0 ? first_ts : last_ts) >= start.time
  const gone = [
    ...(isCut ? [`has nothing before number ${first_seq} any more`] : []),
    ...(num_deleted > 0 ? [`lacks ${formatCounted(num_deleted, 'message')} between others`] : []),
  ]
  return gone.length > 0 ? gone.join(', and ') : null
}

function startOf(start: PastStart): Partial<OrderedConsumerOptions> {
  if ('sequence' in start) {
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, start.sequence) }
  }
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.time.toISOString() }
}
