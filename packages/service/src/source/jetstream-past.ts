import {
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  type OrderedConsumerOptions,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { InputLine } from '../input-lines.ts'
import { refused } from './jetstream-stream.ts'

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
  /** asks for an end */
  readonly stop: AbortSignal
}

/**
 * The events of a subject that a durable consumer has acknowledged, all that came before the first that it has not, in their order. Nothing is taken from the
 * consumer.
 *
 * @throws {VigilError} JETSTREAM_REFUSED
 */
export async function* jetstreamPast(settings: SubjectPast): AsyncGenerator<InputLine[]> {
  const { connection, manager, stream, subject, durable, start, stop } = settings
  try {
    const until = (await manager.consumers.info(stream, durable)).ack_floor.stream_seq
    if (until === 0) return
    const consumer = await jetstream(connection).consumers.get(stream, { filter_subjects: subject, ...startOf(start) })
    for (let isOver = false; !isOver && !stop.aborted; ) {
      const together: JsMsg[] = []
      for await (const message of await consumer.fetch({ max_messages: TOGETHER, expires: WAIT_MS })) {
        isOver ||= message.seq >= until || message.info.pending === 0
        if (message.seq <= until) together.push(message)
        if (isOver) break
      }
      if (together.length > 0) yield together.map((message) => ({ number: message.seq, text: message.string().trim() }))
      else isOver ||= (await consumer.info()).num_pending === 0
    }
  } catch (cause) {
    throw refused(`hand out the past of ${subject}`, cause)
  }
}

function startOf(start: PastStart): Partial<OrderedConsumerOptions> {
  if ('sequence' in start) {
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, start.sequence) }
  }
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.time.toISOString() }
}
