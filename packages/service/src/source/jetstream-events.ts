import { setTimeout as pause } from 'node:timers/promises'
import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { serviceError } from '../errors.ts'
import type { InputLine } from '../input-lines.ts'
import { jetstreamPast, type PastStart } from './jetstream-past.ts'
import { isMissing, lineOf, refused, streamOf } from './jetstream-stream.ts'
import { addSpan, isInSpans, type Span } from './number-spans.ts'

/** Most events that the server hands out before earlier ones are acknowledged: so many may come out of their order after a crash. */
const IN_FLIGHT_MAX = 256
/** The same where some are acknowledged later than others: those must not keep all others back. */
const IN_FLIGHT_MAX_HELD = 65_536
/** Events after which the server is asked up to which number all are acknowledged: numbers of other subjects lie between those of theirs. */
const SETTLED_EVERY = 1024
/** How long events are waited for at a time; an end is waited for as long. */
const WAIT_MS = 1000
/** Before a server that is away is asked again. */
const AGAIN_MS = 500
const NANOSECONDS = 1_000_000

/** Which events are taken. */
export type SubjectSettings = {
  readonly connection: NatsConnection
  readonly subject: string
  /** name under which the server remembers what has been acknowledged */
  readonly durable: string
  /** after so long without an acknowledgement an event is handed out again */
  readonly ackWaitMs: number
  /** from where on what has been decided on is given again, for what is remembered of it; null = nothing is */
  readonly pastFrom: PastStart | null
  /** whether an event that was taken is not to be acknowledged yet, by its number; without it none is */
  readonly isHeld?: (number: number) => boolean
  /** called when the stream is found, before anything of the server is changed */
  readonly onStream?: (found: Pick<SubjectEvents, 'stream' | 'created'>) => Promise<void>
  readonly note: (text: string) => void
  /** asks for an end */
  readonly stop: AbortSignal
}

/** Events of a subject, and what names those without a name of their own. */
export type SubjectEvents = {
  /** the stream that keeps them and numbers them */
  readonly stream: string
  /** when the stream was made: one that is made anew has other events under the same numbers */
  readonly created: string
  /** what was acknowledged before, as `jetstreamPast`; null where nobody asks for it */
  readonly past: AsyncGenerator<InputLine[]> | null
  /** until an end is asked for; throws DURABLE_INVALID, JETSTREAM_REFUSED */
  readonly lines: AsyncGenerator<InputLine[]>
}

/**
 * Events of a subject of JetStream, as lines that are numbered by the stream. An event is acknowledged when whoever takes the lines comes back for more: what
 * was not decided on before a crash is handed out again. One that is handed out again to the same process is not taken twice. What has been handed out and not
 * taken at the end is given back, so that it comes first, in its order, to whoever goes on.
 *
 * @throws {VigilError} SUBJECT_MISSING, DURABLE_INVALID, JETSTREAM_REFUSED; as onStream
 */
export async function jetstreamEvents(settings: SubjectSettings): Promise<SubjectEvents> {
  const manager = await jetstreamManager(settings.connection, { checkAPI: false })
  const stream = await streamOf(manager, settings.subject, 'subject')
  const created = await createdOf(manager, stream)
  await settings.onStream?.({ stream, created })
  const consumer = await consumerOf(manager, stream, settings)
  const { pastFrom: start } = settings
  const past = start === null ? null : jetstreamPast({ ...settings, manager, stream, start })
  return { stream, created, past, lines: linesOf(consumer, settings) }
}

/** @throws {VigilError} JETSTREAM_REFUSED */
async function createdOf(manager: JetStreamManager, stream: string): Promise<string> {
  try {
    return (await manager.streams.info(stream)).created
  } catch (cause) {
    throw refused(`when ${stream} was made`, cause)
  }
}

async function* linesOf(consumer: Consumer, settings: SubjectSettings): AsyncGenerator<InputLine[]> {
  const { durable, stop, isHeld = () => false } = settings
  const seen: Span[] = []
  let [settled, countdown] = [0, 0]
  let held: JsMsg[] = []
  const isNew = (message: JsMsg) => {
    if (!isInSpans(seen, message.seq)) return true
    // Its acknowledgement was lost, or came too late.
    if (!isHeld(message.seq)) message.ack()
    return false
  }
  let together: JsMsg[] = []
  try {
    while (!stop.aborted) {
      together = (await messagesOf(consumer, durable)).filter(isNew)
      countdown -= together.length
      if (together.length > 0 && countdown < 0) {
        settled = await settledOf(consumer, settled)
        countdown = SETTLED_EVERY
        addSpan(seen, { first: 0, last: settled })
      }
      if (together.length === 0 || stop.aborted) continue
      yield together.map((message) => ({ ...lineOf(message), settled }))
      const taken = [...held, ...together]
      together = []
      held = taken.filter(({ seq }) => isHeld(seq))
      for (const message of taken) {
        addSpan(seen, { first: message.seq, last: message.seq })
        if (!isHeld(message.seq)) message.ack()
      }
    }
  } finally {
    for (const message of [...held, ...together]) message.nak()
  }
}

/** Number up to which all is acknowledged, or of other subjects. @param before where the server does not tell */
async function settledOf(consumer: Consumer, before: number): Promise<number> {
  const info = await consumer.info().catch(() => null)
  return Math.max(before, info?.ack_floor.stream_seq ?? 0)
}

/**
 * What there is to be decided on, or comes first. No more than is awaited here is asked for, so that nothing is under way while events are decided on: what the
 * server hands out to nobody comes again only after `ackWaitMs`, behind events that came later.
 *
 * @returns empty where nothing came for a while, or the server is away
 */
async function messagesOf(consumer: Consumer, durable: string): Promise<JsMsg[]> {
  const messages: JsMsg[] = []
  try {
    const first = await consumer.next({ expires: WAIT_MS })
    if (first === null) return messages
    messages.push(first)
    const count = Math.min(first.info.pending, IN_FLIGHT_MAX - 1)
    if (count === 0) return messages
    for await (const message of await consumer.fetch({ max_messages: count, expires: WAIT_MS })) messages.push(message)
  } catch (cause) {
    await assertThere(consumer, durable, cause as Error)
  }
  return messages
}

/** The durable consumer of a subject, which is made where it is not there. */
async function consumerOf(manager: JetStreamManager, stream: string, settings: SubjectSettings): Promise<Consumer> {
  const { connection, subject, durable, ackWaitMs } = settings
  const inFlight = settings.isHeld === undefined ? IN_FLIGHT_MAX : IN_FLIGHT_MAX_HELD
  const bounds = { max_ack_pending: inFlight, ack_wait: ackWaitMs * NANOSECONDS }
  try {
    const found = await manager.consumers.info(stream, durable).catch((cause: unknown) => {
      if (isMissing(cause)) return null
      throw cause
    })
    if (found === null) {
      const own = { durable_name: durable, filter_subject: subject, ack_policy: AckPolicy.Explicit }
      await manager.consumers.add(stream, { ...own, ...bounds })
    } else {
      assertOwn(found.config, settings)
      await manager.consumers.update(stream, durable, bounds)
    }
    return await jetstream(connection).consumers.get(stream, durable)
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'InvalidNameError')
      throw durableInvalid(durable, cause.message, 'Choose another name')
    throw refused(`hand out ${subject} to the durable consumer ${durable}`, cause)
  }
}

/** @throws {VigilError} DURABLE_INVALID for a consumer that somebody else has made for something else */
function assertOwn(config: ConsumerConfig, { subject, durable }: SubjectSettings): void {
  const { filter_subject, filter_subjects, ack_policy, deliver_subject, max_deliver = -1 } = config
  const subjects = filter_subjects ?? (filter_subject === undefined ? [] : [filter_subject])
  const faults = [
    ...(subjects.length === 1 && subjects[0] === subject ? [] : [`it is for ${subjects.join(', ') || 'all subjects'}`]),
    ...(ack_policy === AckPolicy.Explicit ? [] : [`it acknowledges by "${ack_policy}" and not each event`]),
    ...(deliver_subject === undefined ? [] : ['it sends events unasked']),
    ...(max_deliver < 0 ? [] : [`it hands out an event ${max_deliver} times at most`]),
  ]
  if (faults.length > 0) throw durableInvalid(durable, faults.join('; '), 'Give another --durable')
}

/** @throws {VigilError} DURABLE_INVALID where events do not come because nobody hands them out any more */
async function assertThere(consumer: Consumer, durable: string, cause: Error): Promise<void> {
  try {
    await consumer.info()
  } catch (missing) {
    if (isMissing(missing)) {
      throw durableInvalid(durable, `it is gone (${cause.message})`, 'Begin again to make it anew', cause)
    }
    // The server is away, which the connection tells.
    await pause(AGAIN_MS)
  }
}

function durableInvalid(durable: string, reason: string, remedy: string, cause?: Error): Error {
  return serviceError('DURABLE_INVALID', `The durable consumer ${durable} cannot be used: ${reason}. ${remedy}.`, {
    cause,
  })
}
