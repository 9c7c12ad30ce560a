/** Questions of a host, with time-outs and repetition: nothing waits for ever. */
import { errors, type NatsConnection } from '@nats-io/transport-node'
import { brokerError, isDenied } from '@vigil/broker'
import type { z } from 'zod'
import { deniedError } from '../denied.ts'
import { hostsError } from '../errors.ts'
import { decodeFrame, encodeFrame } from '../wire/frame.ts'
import { type Offer, parcelSchema, type Reference, subjectOf, type Verb } from '../wire/messages.ts'
import { gather } from '../wire/parts.ts'

/** How long an answer may take: a question for a lease waits two seconds at the learner. */
const TIMEOUT_MS = 6000
/** How often a question is repeated before the learner counts as gone. */
const TRIES = 3
/** Times that a parcel is fetched again from its beginning. */
const FETCHES_MAX = 3

/** The learner does not answer: it has ended, or the way to it is cut. */
export class LearnerGone extends Error {}

/** What a host asks one learner. */
export type Ask = {
  /**
   * @throws {LearnerGone}
   * @throws {VigilError} MESSAGE for an answer that is none; BROKER where the connection is closed, or the server denies it
   */
  ask<Answer>(
    verb: Verb,
    question: { header: object; body?: Uint8Array },
    schema: z.ZodType<Answer>,
  ): Promise<{ header: Answer; body: Uint8Array }>
  /**
   * Fetches bytes by their hash, part by part.
   *
   * @throws {LearnerGone} also where the learner no longer knows them
   * @throws {VigilError} MESSAGE
   */
  fetch(reference: Reference): Promise<Uint8Array>
}

/** @param host its name */
export function askerOf(connection: NatsConnection, { run }: Pick<Offer, 'run'>, host: string): Ask {
  const ask: Ask['ask'] = async (verb, { header, body }, schema) => {
    const frame = encodeFrame(header, body)
    for (let attempt = 1; ; attempt++) {
      try {
        const { data } = await connection.request(subjectOf(run, host, verb), frame, { timeout: TIMEOUT_MS })
        const answer = decodeFrame(data, schema)
        // The client uses the memory of a message again.
        return { ...answer, body: Uint8Array.from(answer.body) }
      } catch (error) {
        if (connection.isClosed())
          throw brokerError('BROKER', 'The connection to the NATS server has been closed. Start the host again.', {
            cause: error,
          })
        if (isDenied(error)) throw deniedError('host', error as Error)
        if (!isSilence(error)) throw error
        if (attempt === TRIES || isNobody(error)) throw new LearnerGone(`no answer to "${verb}"`, { cause: error })
      }
    }
  }
  const fetchOnce = async ({ sha256, bytes }: Reference) => {
    const gathering = gather({ sha256, bytes })
    for (;;) {
      const { header, body } = await ask('parcel', { header: { sha256, at: gathering.length } }, parcelSchema)
      if (header.kind === 'unknown') throw new LearnerGone(`what is named ${sha256} is over`)
      const whole = gathering.add(gathering.length, body)
      if (whole !== null) return whole
    }
  }
  return {
    ask,
    async fetch(reference) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await fetchOnce(reference)
        } catch (error) {
          if (attempt === FETCHES_MAX || error instanceof LearnerGone) throw error
        }
      }
    },
  }
}

/** Whether nobody listens where the question went. */
function isNobody(error: unknown): boolean {
  return error instanceof errors.NoRespondersError || (error instanceof errors.RequestError && error.isNoResponders())
}

/** Whether an answer failed to come, for whatever reason. */
export function isSilence(error: unknown): boolean {
  return error instanceof errors.TimeoutError || error instanceof errors.RequestError || isNobody(error)
}

/** @throws {VigilError} REFUSED */
export function assertNotRefused<Answer extends { kind: string }>(
  answer: Answer,
): asserts answer is Exclude<Answer, { kind: 'refused' }> {
  if (answer.kind !== 'refused') return
  const { reason } = answer as unknown as { reason: string }
  throw hostsError('REFUSED', `The learner refuses this host: ${reason}.`)
}
