import {
  AckPolicy,
  type Consumer,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { serviceError } from '../errors.ts'
import type { InputLine } from '../input-lines.ts'
import { createRecentEntries } from '../recent-entries.ts'

/** Most events that the server hands out before earlier ones are acknowledged. */
const IN_FLIGHT_MAX = 1024
/** Most events that are decided on together. */
const TOGETHER_MAX = 256
/** Events of which it is remembered that they have come. */
const SEEN_MAX = 65_536
const NANOSECONDS = 1_000_000

/** Which events are taken. */
export type SubjectSettings = {
  readonly connection: NatsConnection
  readonly subject: string
  /** name under which the server remembers what has been acknowledged */
  readonly durable: string
  /** after so long without an acknowledgement an event is handed out again */
  readonly ackWaitMs: number
  /** asks for an end */
  readonly stop: AbortSignal
}

/**
 * Events of a subject of JetStream, as lines that are numbered by the stream. An event is acknowledged when whoever takes the lines comes back for more: what
 * was not decided on before a crash is handed out again. One that is handed out again to the same process is not taken twice.
 *
 * @throws {VigilError} SUBJECT_MISSING
 */
export async function* jetstreamEvents(settings: SubjectSettings): AsyncGenerator<InputLine[]> {
  const { connection, stop } = settings
  const consumer = await consumerOf(await jetstreamManager(connection), settings)
  const messages = await consumer.consume({ max_messages: TOGETHER_MAX })
  const arrived = arrivals()
  const receiving = (async () => {
    for await (const message of messages) arrived.take(message)
    arrived.end()
  })().catch((cause: Error) => arrived.fail(cause))
  const end = () => void messages.close()
  stop.addEventListener('abort', end)
  try {
    for (;;) {
      const together = await arrived.next()
      if (together === null) return
      yield together.map((message) => ({ number: message.seq, text: textOf(message) }))
      for (const message of together) {
        arrived.decided(message.seq)
        message.ack()
      }
      if (stop.aborted) return
    }
  } finally {
    stop.removeEventListener('abort', end)
    await messages.close()
    await receiving
  }
}

/** Messages between the server and whoever decides. */
function arrivals() {
  const seen = createRecentEntries<number, 'waiting' | 'decided'>(SEEN_MAX)
  let waiting: JsMsg[] = []
  let hasEnded = false
  let failure: Error | null = null
  let wake = Promise.withResolvers<void>()
  const tell = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  return {
    take(message: JsMsg) {
      const before = seen.peek(message.seq)
      // Its acknowledgement was lost, or came too late.
      if (before === 'decided') message.ack()
      if (before !== undefined) return
      seen.put(message.seq, 'waiting')
      waiting.push(message)
      tell()
    },
    decided: (sequence: number) => seen.put(sequence, 'decided'),
    end() {
      hasEnded = true
      tell()
    },
    fail(cause: Error) {
      failure = cause
      tell()
    },
    /** @returns what has come, as soon as there is something; null = there will be no more */
    async next(): Promise<JsMsg[] | null> {
      while (waiting.length === 0) {
        if (failure !== null) throw failure
        if (hasEnded) return null
        await wake.promise
      }
      const together = waiting.slice(0, TOGETHER_MAX)
      waiting = waiting.slice(TOGETHER_MAX)
      return together
    },
  }
}

function textOf(message: JsMsg): string {
  return message.string().trim()
}

/** The durable consumer of a subject, which is made where it is not there. */
async function consumerOf(manager: JetStreamManager, settings: SubjectSettings): Promise<Consumer> {
  const { connection, subject, durable, ackWaitMs } = settings
  const stream = await manager.streams.find(subject).catch((cause: Error) => {
    throw serviceError(
      'SUBJECT_MISSING',
      `No stream of JetStream keeps ${subject}: ${cause.message}. Make one: nats stream add EVENTS --subjects=${subject}.`,
      { cause },
    )
  })
  const isThere = await manager.consumers.info(stream, durable).then(
    () => true,
    () => false,
  )
  if (!isThere) {
    await manager.consumers.add(stream, {
      ...{ durable_name: durable, filter_subject: subject, ack_policy: AckPolicy.Explicit },
      ...{ max_ack_pending: IN_FLIGHT_MAX, ack_wait: ackWaitMs * NANOSECONDS },
    })
  }
  return await jetstream(connection).consumers.get(stream, durable)
}
