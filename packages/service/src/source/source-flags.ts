import { BROKER_FLAGS, type Broker, brokerOf, isOneServer } from '@vigil/broker'
import { commandError, type Flags, type FlagTable, harmlessText, numberFlag, textFlag } from '@vigil/command-line'
import { z } from 'zod'
import type { PastStart } from './jetstream-past.ts'
import { isHeardBy, subjectFlag } from './subject-flag.ts'

/** A day that is there, a time and its zone: `new Date` makes dates of much else. */
const TIME = z.iso.datetime({ offset: true })

const SECONDS = { min: 1, max: 3600 } as const

/** Flags that tell where live events come from, other than stdin. */
const EVENT_FLAGS = {
  follow: { value: 'FILE', about: 'a file that events are added to, a JSON object a line, until this is ended' },
  source: { value: 'ADDRESS', about: 'a NATS server with JetStream that events come from, nats://HOST:4222 or tls://' },
  subject: { value: 'SUBJECT', about: 'with --source: the subject of the events, which a stream keeps' },
  durable: { value: 'NAME', about: 'with --source: the name under which the server remembers what is decided' },
  'ack-seconds': {
    ...{ value: 'SECONDS', about: 'with --source: after so long an event that is not decided comes again' },
    ...{ number: SECONDS, default: 30 },
  },
} as const satisfies FlagTable

/** Flags of one process that decides: where live events come from, and where decisions on them go. */
export const SOURCE_FLAGS = {
  ...EVENT_FLAGS,
  state: {
    value: 'FILE',
    about: 'with --follow: where it was read to and what is known of events is kept there, and gone on from',
  },
  'state-seconds': { value: 'SECONDS', about: 'how often it is kept', number: SECONDS, default: 60 },
  past: {
    value: 'START',
    about:
      'with --source: what was decided on since this number of the stream, or this time, is remembered first, unanswered',
  },
  publish: { value: 'SUBJECT', about: 'with --source: a subject for the decisions, instead of stdout' },
  ...BROKER_FLAGS,
} as const satisfies FlagTable

/** What opens the server of --sink: what is for one server is shown to no other. */
const SINK_FLAGS = {
  'sink-token-file': { value: 'FILE', about: 'with --sink: a file with the token that its server asks for' },
  'sink-nkey-file': { value: 'FILE', about: 'with --sink: a file with the seed of the nkey that its server knows' },
  'sink-tls-ca': { value: 'FILE', about: 'with --sink: certificate that its server is signed by' },
  'sink-tls-cert': { value: 'FILE', about: 'with --sink: own certificate, where its server asks for one' },
  'sink-tls-key': { value: 'FILE', about: 'with --sink: its key' },
} as const satisfies Record<`sink-${keyof typeof BROKER_FLAGS}`, FlagTable[string]>

/** Flags of a team of processes, whose enforcer keeps events and decisions in its folder. */
export const TEAM_SOURCE_FLAGS = {
  ...EVENT_FLAGS,
  publish: { value: 'SUBJECT', about: 'a subject of a NATS server for the decisions, besides the folder and stdout' },
  sink: { value: 'ADDRESS', about: 'with --publish: its server, where that is not the one of --source' },
  ...BROKER_FLAGS,
  ...SINK_FLAGS,
} as const satisfies FlagTable

/** Where live events come from. */
export type Source =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'file'; readonly path: string; readonly state: string | null; readonly everyMs: number }
  | {
      readonly kind: 'subject'
      readonly broker: Broker
      readonly subject: string
      readonly durable: string
      readonly ackWaitMs: number
      /** null = it begins without a past */
      readonly pastFrom: PastStart | null
    }

/** A subject that decisions are published to. */
export type Sink = { readonly broker: Broker; readonly subject: string }

/** Flags that are for one source alone. */
const OWN = {
  follow: ['state', 'state-seconds'],
  source: ['subject', 'durable', 'ack-seconds', 'past'],
  sink: Object.keys(SINK_FLAGS),
} as const

/** @throws {VigilError} INVALID_VALUE, BROKER_ADDRESS */
export async function sourceOf(flags: Flags): Promise<Source> {
  const given = (name: string) => flags.has(name)
  for (const [source, names] of Object.entries(OWN)) {
    const stray = given(source) ? undefined : names.find(given)
    if (stray !== undefined) throw commandError('INVALID_VALUE', `--${stray} is for --${source}. Give it, too.`)
  }
  if (given('publish') && !given('source') && !given('sink'))
    throw commandError(
      'INVALID_VALUE',
      '--publish is for --source, or --sink of service:enforce. Give one of them, too.',
    )
  const stray = given('source') ? undefined : Object.keys(BROKER_FLAGS).find(given)
  if (stray !== undefined) {
    const remedy = given('sink') ? `Give --sink-${stray} for that of --sink` : 'Give it, too'
    throw commandError('INVALID_VALUE', `--${stray} is for the server of --source. ${remedy}.`)
  }
  const sources = ['follow', 'source', 'data', 'replay'].filter(given)
  if (sources.length > 1 && (given('follow') || given('source'))) {
    throw commandError(
      'INVALID_VALUE',
      `Events come from one place: give --${sources[0]} or --${sources[1]}, not both.`,
    )
  }
  const path = textFlag(flags, 'follow', 'FILE')
  if (path !== undefined) {
    const everyMs = 1000 * (numberFlag(flags, 'state-seconds', SECONDS) ?? SOURCE_FLAGS['state-seconds'].default)
    return { kind: 'file', path, state: textFlag(flags, 'state', 'FILE') ?? null, everyMs }
  }
  const address = textFlag(flags, 'source', 'ADDRESS')
  if (address === undefined) return { kind: 'stdin' }
  const subject = subjectFlag(flags, 'subject', true)
  const durable = textFlag(flags, 'durable', 'NAME')
  if (subject === undefined || durable === undefined) {
    throw commandError('INVALID_VALUE', '--source needs --subject=SUBJECT and --durable=NAME.')
  }
  return {
    ...{ kind: 'subject', subject, durable, broker: await brokerOf(flags, { address, flag: 'source' }) },
    ackWaitMs: 1000 * (numberFlag(flags, 'ack-seconds', SECONDS) ?? SOURCE_FLAGS['ack-seconds'].default),
    pastFrom: pastOf(textFlag(flags, 'past', 'START')),
  }
}

/**
 * Where decisions are published, and by which credentials: those of its own address alone; null = nowhere.
 *
 * @param source where the events come from
 * @throws {VigilError} INVALID_VALUE, BROKER_ADDRESS
 */
export async function sinkOf(flags: Flags, source: Source): Promise<Sink | null> {
  const subject = subjectFlag(flags, 'publish', false)
  const flag = flags.has('sink') ? 'sink' : 'source'
  const address = textFlag(flags, flag, 'ADDRESS')
  if (subject !== undefined && address !== undefined) {
    const broker = await brokerOf(flags, { address, flag, prefix: flag === 'sink' ? 'sink-' : '' })
    assertNotHeard(subject, broker, source)
    return { subject, broker }
  }
  if (flag === 'source') return null
  throw commandError('INVALID_VALUE', '--sink is for --publish. Give it, too.')
}

function assertNotHeard(subject: string, broker: Broker, source: Source): void {
  if (source.kind !== 'subject' || !isOneServer(broker, source.broker) || !isHeardBy(source.subject, subject)) return
  throw commandError(
    'INVALID_VALUE',
    `Decisions on ${subject} would come back as events of --subject=${source.subject}. Give --publish another subject.`,
  )
}

/** @throws {VigilError} INVALID_VALUE */
function pastOf(text: string | undefined): PastStart | null {
  if (text === undefined) return null
  if (/^\d{1,15}$/.test(text)) return { sequence: Number(text) }
  if (TIME.safeParse(text).success) return { time: new Date(text) }
  throw commandError(
    'INVALID_VALUE',
    `--past needs a number of the stream or a time such as 2026-11-28T04:00:00Z, received ${harmlessText(text, 60)}. Give a time with its zone.`,
  )
}
