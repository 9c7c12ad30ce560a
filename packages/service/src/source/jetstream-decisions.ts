import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiError, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { errors, type NatsConnection } from '@nats-io/transport-node'
import { isDenied } from '@vigil/broker'
import { formatCounted } from '@vigil/command-line'
import { VigilError } from '@vigil/errors'
import type { EventName } from '../output/decision-output.ts'
import { hasNoAnswer, refused, streamOf } from './jetstream-stream.ts'
import { publishInOrder, type Stored } from './publish-in-order.ts'

/** How long the server may take to store a decision, in milliseconds. */
const STORED_MS = 2000
/** Before a decision that the server did not take is sent again, in milliseconds. */
const AGAIN_MS = 1000
/** Status of an answer of a server that cannot do something for the time being. */
const UNAVAILABLE = 503

/** Where messages go. */
export type TargetSubject = {
  readonly connection: NatsConnection
  readonly subject: string
  /** asks for an end */
  readonly stop: AbortSignal
  readonly note: (text: string) => void
}

/** Where decisions go. */
export type DecisionSubject = TargetSubject & {
  /** names the team: an event has one decision of each */
  readonly team: string
  /** the stream that the events come from: it numbers those without a name of their own */
  readonly events: string
}

/** A decision as a message. */
type NamedMessage = {
  readonly text: string
  /** `Nats-Msg-Id`: of those with one name within its duplicate window the server keeps the first */
  readonly name: string
  /** what the decision is on, for people */
  readonly about: string | number
}

/**
 * Publishes decisions to a subject of JetStream. Each has the name of its team and event as `Nats-Msg-Id`, so that the server keeps the first of those that come
 * within its duplicate window.
 *
 * @returns what takes decisions, a line each, with the names of their events, and resolves when the server has stored them; false where an end was asked for before;
 *   it throws JETSTREAM_REFUSED, SUBJECT_MISSING
 * @throws {VigilError} SUBJECT_MISSING, JETSTREAM_REFUSED
 */
export async function jetstreamDecisions({ team, events, ...target }: DecisionSubject) {
  const publish = await jetstreamPublisher(target)
  return async (text: string, names: readonly EventName[]): Promise<boolean> => {
    const lines = text.split('\n')
    const stored = await publish(
      names.map(({ id, isOwn }, i) => {
        return { text: lines[i], name: `${team}:${isOwn ? JSON.stringify(id) : `${events}/${id}`}`, about: id }
      }),
    )
    const before = names.filter((_, i) => stored[i] === 'before')
    if (before.length > 0) target.note(storedBefore(before))
    return !stored.includes('not')
  }
}

/**
 * Publishes messages to a subject of JetStream, in their order. They are sent again, from the first that was not stored on, where the server is away or does not
 * answer in time, and for nothing else. Of messages under way together it may refuse one for the time being and store those behind it, as a cluster that has
 * just lost its leader: that one then comes last.
 *
 * @returns what resolves when the server has stored all; it throws JETSTREAM_REFUSED, SUBJECT_MISSING
 * @throws {VigilError} SUBJECT_MISSING, JETSTREAM_REFUSED
 */
export async function jetstreamPublisher({ connection, subject, stop, note }: TargetSubject) {
  const manager = await jetstreamManager(connection, { checkAPI: false })
  await keptSubject(manager, { subject, stop, note })
  const client = jetstream(connection)
  const isAway = async (cause: unknown): Promise<boolean> => {
    // Nobody answers on the subject: its stream is gone, or the server has only begun.
    if (hasNoAnswer(cause)) {
      await streamOf(manager, subject, 'publish').catch((missing: { readonly code?: string }) => {
        if (missing.code === 'SUBJECT_MISSING') throw missing
      })
      return true
    }
    if (cause instanceof JetStreamApiError) return cause.status === UNAVAILABLE
    return isLost(cause)
  }
  return async (messages: readonly NamedMessage[]): Promise<Stored[]> =>
    await publishInOrder(messages, {
      send: async ({ text, name }) => await client.publish(subject, text, { msgID: name, timeout: STORED_MS }),
      async isAway(cause, { about }) {
        if (await isAway(cause)) return true
        throw refused(`store the decision on ${about} in ${subject}`, cause)
      },
      onAgain: (cause, { about }) =>
        note(`the decision on ${about} is sent again until it is stored: ${(cause as Error).message}`),
      ...{ stop, againMs: AGAIN_MS },
    })
}

/** Waits for the stream of a subject where the server goes away before it has told. @throws {VigilError} SUBJECT_MISSING, JETSTREAM_REFUSED */
async function keptSubject(
  manager: JetStreamManager,
  { subject, stop, note }: Omit<TargetSubject, 'connection'>,
): Promise<void> {
  for (let isTold = false; !stop.aborted; isTold = true) {
    try {
      await streamOf(manager, subject, 'publish')
      return
    } catch (error) {
      if (!(error instanceof VigilError && isLost(error.cause))) throw error
      if (!isTold)
        note(`the stream of ${subject} is asked for until the server tells: ${(error.cause as Error).message}`)
      await pause(AGAIN_MS, undefined, { signal: stop }).catch(() => undefined)
    }
  }
}

/** Whether the server was away, or did not answer in time; who may not ask waits for nothing. */
function isLost(cause: unknown): boolean {
  return (
    !isDenied(cause) &&
    [errors.TimeoutError, errors.RequestError, errors.ConnectionError].some((kind) => cause instanceof kind)
  )
}

function storedBefore(names: readonly EventName[]): string {
  return `${formatCounted(names.length, 'decision')} had been stored before, as on ${names[0].id}: the events came again, or others have the same id`
}
