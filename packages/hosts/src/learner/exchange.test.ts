import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { expect, it } from 'vitest'
import { decodeFrame, encodeFrame, PART_BYTES } from '../wire/frame.ts'
import {
  type Build,
  inboxOf,
  leaseSchema,
  policyPartSchema,
  policySubject,
  SENT_TO_ALL_BYTES_MAX,
  subjectOf,
  type Verb,
} from '../wire/messages.ts'
import type { Desk } from './desk.ts'
import { openExchange } from './exchange.ts'
import { createGuests } from './guests.ts'
import { createPatience } from './patience.ts'
import { beginRound } from './round.ts'

const build = {} as Build

/** A collection of one shard by weights of a size, and the host `rack` that may take it. */
function deskOf(policyBytes: number): Desk {
  const guests = createGuests({ build, family: null }, () => undefined)
  guests.hello('rack', { build, families: [], actors: 1, run: null })
  guests.get('rack')!.standing = 'taken'
  const round = beginRound({
    ...{ number: 1, policyVersion: 0, beganMs: 0, makesCanary: false, audit: { key: 1, share: 0 } },
    ...{ policy: new Uint8Array(policyBytes), states: [new Uint8Array(4)] },
    rules: { patienceMs: () => 30_000, learnerCollects: false },
  })
  const silent = { post: () => undefined, note: () => undefined }
  const desk = { run: 'run', guests, round, free: 0, canary: null, previousPolicy: null, patience: createPatience() }
  return { ...desk, ...silent, learnerCollects: false, lonelySinceMs: null } as unknown as Desk
}

/** The server as the learner sees it: what is published, and what `rack` is answered. */
function serverOf() {
  const listeners = new Map<string, (error: null, message: Msg) => void>()
  const published: { subject: string; data: Uint8Array }[] = []
  const connection = {
    subscribe: (subject: string, { callback }: { callback: (error: null, message: Msg) => void }) =>
      void listeners.set(subject, callback),
    publish: (subject: string, data: Uint8Array) => void published.push({ subject, data }),
    drain: async () => undefined,
    close: async () => undefined,
  } as unknown as NatsConnection
  const ask = (verb: Verb, header: object) => {
    const answers: Uint8Array[] = []
    const message = {
      ...{ subject: subjectOf('run', 'rack', verb), reply: `${inboxOf('rack')}.1`, data: encodeFrame(header) },
      respond: (data: Uint8Array) => answers.push(data) > 0,
    }
    listeners.get(subjectOf('run', '*', verb))!(null, message as unknown as Msg)
    return answers
  }
  return { connection, published, ask }
}

it.each([
  ['are sent to all hosts at once', SENT_TO_ALL_BYTES_MAX, SENT_TO_ALL_BYTES_MAX / PART_BYTES],
  ['wait until they are asked for where they are larger than what may wait', SENT_TO_ALL_BYTES_MAX + 4, 0],
])('the weights of a collection %s', async (_, bytes, parts) => {
  const { connection, published, ask } = serverOf()
  const desk = deskOf(bytes)
  const exchange = openExchange(connection, desk)
  try {
    const [lease] = ask('lease', {})
    const { sha256 } = desk.round!.policy
    expect(decodeFrame(lease, leaseSchema).header).toMatchObject({ kind: 'lease', policy: { sha256, bytes } })
    const heads = published.map(({ subject, data }) => [subject, decodeFrame(data, policyPartSchema).header])
    const expected = Array.from({ length: parts }, (_, i) => [
      policySubject('run'),
      { sha256, bytes, at: i * PART_BYTES },
    ])
    expect(heads).toEqual(expected)
    const [part] = ask('parcel', { sha256, at: 0 })
    expect(part.length).toBeGreaterThan(PART_BYTES)
  } finally {
    await exchange.close()
  }
})
