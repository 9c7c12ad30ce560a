/**
 * The learner's side of the broker. It runs in a thread of its own (exchange-thread.ts), which is idle but for messages: an update
 * that keeps the training's thread busy makes no host wait and no heartbeat late.
 */
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node'
import { closeBroker } from '@vigil/broker'
import { deniedError } from '../denied.ts'
import { decodeFrame, encodeFrame, PART_BYTES } from '../wire/frame.ts'
import {
  failedSchema,
  helloSchema,
  helloSubject,
  hostOf,
  inboxOf,
  leaseRequestSchema,
  leaveSchema,
  nameSchema,
  parcelRequestSchema,
  policySubject,
  REASON_LETTERS_MAX,
  resultSchema,
  SENT_TO_ALL_BYTES_MAX,
  subjectOf,
  VERBS,
  type Verb,
} from '../wire/messages.ts'
import { type Parcel, partOf } from '../wire/parts.ts'
import { advance, ban, type Desk, isOut, leaseFor, parcelNamed, takePart } from './desk.ts'
import type { Guest } from './guests.ts'

/** How long a host's question for a lease waits for one. */
const PULL_MS = 2000
/** How often leases and questions are looked over. */
const TICK_MS = 100
/** Questions of one host that wait at a time. */
const PULLS_MAX = 512

/** A question for a lease that waits. */
type Pull = { readonly guest: Guest; readonly message: Msg; readonly untilMs: number }

/** An exchange that is open. */
export type Exchange = {
  /**
   * From then on whoever asks is heard.
   *
   * @throws {VigilError} BROKER where the server does not let the learner listen
   */
  ready(): Promise<void>
  /** Gives what there is to give; to be called whenever the desk has changed. */
  serve(): void
  /** Answers whoever waits. From then on nobody listens, and hosts know that the run is over. */
  close(): Promise<void>
}

/** Hears hosts, and answers them. */
export function openExchange(connection: NatsConnection, desk: Desk): Exchange {
  const pulls: Pull[] = []
  const unheard = createInbox()
  let announced = 0
  let denied: Error | null = null
  /** Hears a subject; the server may not let the learner. */
  const listen = (subject: string, hearMessage: (message: Msg) => void) =>
    connection.subscribe(subject, {
      callback(error, message) {
        if (error === null) hearMessage(message)
        else denied ??= error
      },
    })
  /** Weights go to all hosts at once, where one waits for them: while the server is away nobody does, and nothing piles up. */
  const announce = () => {
    const { round, run } = desk
    const isAwaited = pulls.some(({ guest }) => guest.standing === 'taken')
    if (round === null || round.number === announced || !isAwaited) return
    announced = round.number
    const { policy } = round
    if (policy.bytes > SENT_TO_ALL_BYTES_MAX) return
    for (let at = 0; at < policy.bytes; at += PART_BYTES)
      connection.publish(policySubject(run), encodeFrame({ ...named(policy), at }, partOf(policy, at)))
  }
  const serve = () => {
    advance(desk)
    announce()
    const nowMs = performance.now()
    const waiting = pulls.splice(0).filter((pull) => !answerPull(desk, pull, nowMs))
    pulls.push(...waiting)
  }
  for (const verb of VERBS) {
    listen(subjectOf(desk.run, '*', verb), (message) => {
      if (isQuestion(message)) hear(desk, pulls, { verb, message })
      serve()
    })
  }
  listen(helloSubject('*'), (message) => {
    if (isQuestion(message)) greet(desk, message, unheard)
  })
  // The server answers there itself where nobody listens to what a host was answered.
  listen(`${unheard}.*`, ({ subject }) => tellUnheard(desk, subject.slice(unheard.length + 1)))
  const ticks = setInterval(serve, TICK_MS)
  return {
    serve,
    async ready() {
      await connection.flush()
      if (denied !== null) throw deniedError('learner', denied)
    },
    async close() {
      clearInterval(ticks)
      for (const { message } of pulls) reply(message, { kind: 'none' })
      await closeBroker(connection)
    },
  }
}

/** Whether an answer would go to the inbox of who asks: with another subject a host could let the learner speak as somebody else. */
function isQuestion({ subject, reply: inbox }: Msg): boolean {
  return inbox?.startsWith(`${inboxOf(hostOf(subject))}.`) ?? false
}

function reply(message: Msg, header: object, body?: Uint8Array): void {
  message.respond(encodeFrame(header, body))
}

function refuse(message: Msg, reason: string): void {
  reply(message, { kind: 'refused', reason: reason.slice(0, REASON_LETTERS_MAX) })
}

function named({ sha256, bytes }: Parcel) {
  return { sha256, bytes }
}

/** @param unheard where the server tells that nobody hears the answer */
function greet(desk: Desk, message: Msg, unheard: string): void {
  const { guests, run, job, dataset } = desk
  const host = hostOf(message.subject)
  const answer = (header: object) => void message.respond(encodeFrame(header), { reply: `${unheard}.${host}` })
  const decline = (reason: string) => answer({ kind: 'refused', reason: reason.slice(0, REASON_LETTERS_MAX) })
  try {
    const { header } = decodeFrame(message.data, helloSchema)
    const name = nameSchema.parse(host)
    if (header.run !== null && header.run !== run) {
      guests.tellStray(name, header.run)
      answer({ kind: 'other', run })
      return
    }
    const reason = guests.hello(name, header)
    // Whoever asks anew has nothing under way.
    desk.round?.leases.release(name)
    if (reason !== null) decline(reason)
    else answer({ kind: 'offer', run, job: named(job), dataset: named(dataset) })
  } catch (fault) {
    decline(reasonOf(fault))
  }
}

/** Tells of a host that asks for work and does not hear the answer: the server does not say whether it may not, or is gone. */
function tellUnheard({ guests }: Desk, name: string): void {
  const guest = guests.get(name)
  if (guest === undefined) return
  guests.tell(
    guest,
    `does not hear what it is answered: it is gone, or its credentials do not let it subscribe to ${inboxOf(name)}.>`,
  )
}

/** @returns whether the question has its answer */
function answerPull(desk: Desk, { guest, message, untilMs }: Pull, nowMs: number): boolean {
  if (isOut(guest)) {
    refuse(message, guest.reason)
    return true
  }
  const lease = leaseFor(desk, guest, nowMs)
  if (lease === null) {
    if (nowMs < untilMs) return false
    reply(message, { kind: 'none' })
    return true
  }
  const { round, shard, policy, state } = lease
  const header = { kind: 'lease', round, shard, policy: named(policy), state: named(state) }
  reply(message, header, state.bytes <= PART_BYTES ? partOf(state, 0) : undefined)
  return true
}

/** What a host asks or tells. A message that cannot be read is refused; too many of them, and the host is banned. */
function hear(desk: Desk, pulls: Pull[], { verb, message }: { verb: Verb; message: Msg }): void {
  const { guests, round } = desk
  const guest = guests.get(hostOf(message.subject))
  if (guest === undefined) {
    refuse(message, 'this host has not asked for work yet')
    return
  }
  try {
    hearings[verb](desk, guest, message, pulls)
  } catch (fault) {
    const reason = reasonOf(fault)
    guests.tell(guest, `a message "${verb}" is refused: ${reason}`)
    if (verb === 'result') {
      guest.uploads.clear()
      round?.leases.release(guest.name)
    }
    if (guests.isTooFaulty(guest) && !isOut(guest))
      ban(desk, guest, `too many of its messages are refused, the last since ${reason}`)
    refuse(message, reason)
  }
}

/** One for each verb; each throws for a message that is not what it must be. */
const hearings: Record<Verb, (desk: Desk, guest: Guest, message: Msg, pulls: Pull[]) => void> = {
  parcel(desk, _, message) {
    const { sha256, at } = decodeFrame(message.data, parcelRequestSchema).header
    const parcel = parcelNamed(desk, sha256)
    if (parcel === null) reply(message, { kind: 'unknown' })
    else reply(message, { kind: 'part' }, partOf(parcel, at))
  },

  lease(_desk, guest, message, pulls) {
    decodeFrame(message.data, leaseRequestSchema)
    const count = pulls.filter((pull) => pull.guest === guest).length
    if (count >= PULLS_MAX) reply(message, { kind: 'none' })
    else pulls.push({ guest, message, untilMs: performance.now() + PULL_MS })
  },

  result(desk, guest, message) {
    const { header, body } = decodeFrame(message.data, resultSchema)
    reply(message, takePart(desk, guest, header, body))
  },

  failed({ round, guests }, guest, message) {
    const { round: number, shard, reason } = decodeFrame(message.data, failedSchema).header
    guests.tell(guest, `could not compute shard ${shard}: ${reason}`)
    if (number === round?.number) round.leases.takeBack(guest.name, shard)
    const isCanary = number === 0 && guest.standing === 'new'
    if (isCanary) Object.assign(guest, { standing: 'refused', reason: `the canary failed: ${reason}` })
    reply(message, { kind: 'taken' })
  },

  leave({ round, note }, guest, message) {
    decodeFrame(message.data, leaveSchema)
    round?.leases.release(guest.name)
    if (guest.standing === 'taken') {
      guest.standing = 'new'
      note(`host ${guest.name} has left`)
    }
    reply(message, { kind: 'taken' })
  },
}

function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
