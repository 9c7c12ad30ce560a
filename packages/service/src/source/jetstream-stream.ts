import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import { isDenied } from '@vigil/broker'
import { VigilError } from '@vigil/errors'
import { serviceError } from '../errors.ts'
import type { InputLine } from '../input-lines.ts'

/**
 * The stream of JetStream that keeps a subject.
 *
 * @param flag that names the subject
 * @throws {VigilError} SUBJECT_MISSING where there is none; JETSTREAM_REFUSED where the server does not tell
 */
export async function streamOf(manager: JetStreamManager, subject: string, flag: string): Promise<string> {
  try {
    return await manager.streams.find(subject)
  } catch (cause) {
    if (!isMissing(cause)) throw refused(`which stream keeps --${flag}=${subject}`, cause)
    throw serviceError(
      'SUBJECT_MISSING',
      `No stream of JetStream keeps --${flag}=${subject}. Make one: nats stream add NAME --subjects=${subject}.`,
      { cause },
    )
  }
}

/** A message as a line that its stream numbers. */
export function lineOf(message: JsMsg): InputLine {
  return { number: message.seq, text: message.string().trim() }
}

/** Whether there is no such stream, or no such consumer. */
export function isMissing(cause: unknown): boolean {
  const { StreamNotFound, ConsumerNotFound } = JetStreamApiCodes
  return cause instanceof JetStreamApiError && (cause.code === StreamNotFound || cause.code === ConsumerNotFound)
}

/** Whether nobody listens where JetStream would. The class of this error is not exported. */
export function hasNoAnswer(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'JetStreamNotEnabled'
}

/** @param what was asked of the server */
export function refused(what: string, cause: unknown): VigilError {
  if (cause instanceof VigilError) return cause
  const remedy = hasNoAnswer(cause)
    ? 'Start the server with JetStream: nats-server -js.'
    : isDenied(cause)
      ? 'Let the credentials do it, and begin again.'
      : 'See what the server logs, and begin again.'
  return serviceError(
    'JETSTREAM_REFUSED',
    `The NATS server does not do it: ${what}. ${(cause as Error).message}. ${remedy}`,
    { cause },
  )
}
