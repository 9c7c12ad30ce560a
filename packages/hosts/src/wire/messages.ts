/** Every message between a learner and the hosts that collect for it, as its header must be; docs/hosts.md draws their order. */
import { z } from 'zod'

/** Version of the protocol: part of every subject, so that other versions do not hear each other. */
const PROTOCOL = 1

/** Where a host asks for work. */
export function helloSubject(host: string): string {
  return `vigil.${PROTOCOL}.hello.${host}`
}

/** What the subjects begin with on which a host waits for answers. A broker can keep everybody else from listening there. */
export function inboxOf(host: string): string {
  return `_INBOX.${host}`
}

/** What a host that was taken asks for. */
export const VERBS = ['parcel', 'lease', 'result', 'failed', 'leave'] as const
export type Verb = (typeof VERBS)[number]

/** Where it asks. The name in the subject lets a broker bind a host's credentials to it. */
export function subjectOf(run: string, host: string, verb: Verb): string {
  return `vigil.${PROTOCOL}.${run}.${host}.${verb}`
}

/**
 * Weights of more bytes are not sent to all hosts at once, but asked for in parts: a NATS server gives up a host for which more than
 * 64 MiB wait (its default `max_pending`), and a host may be behind by several collections.
 */
export const SENT_TO_ALL_BYTES_MAX = 8 * 2 ** 20

/** Where a learner sends the weights of a collection to all hosts at once. */
export function policySubject(run: string): string {
  return `vigil.${PROTOCOL}.${run}.policy`
}

/** Who sent a message, by its subject. */
export function hostOf(subject: string): string {
  return subject.split('.')[3]
}

const count = (max: number) => z.int().min(0).max(max)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const version = z.string().max(100)
/** Letters of a reason at most. */
export const REASON_LETTERS_MAX = 2000
const reason = z.string().max(REASON_LETTERS_MAX)

/** Names of hosts and of runs: a word of a subject. */
export const nameSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

/** Bytes that are asked for elsewhere. */
const reference = z.strictObject({ sha256, bytes: count(2 ** 31 - 1) })
export type Reference = z.infer<typeof reference>

/** What must be the same on every host, for the same bits. */
const build = z.strictObject({
  /** SHA-256 of each WebAssembly module */
  environment: sha256,
  policy: sha256,
  rollout: sha256,
  node: version,
  v8: version,
})
export type Build = z.infer<typeof build>

/** Host -> learner: may I work? */
export const helloSchema = z.strictObject({
  build,
  /** families of instructions that it has kernels for */
  families: z.array(z.string().max(20)).max(8),
  actors: count(4096),
  /** the only run that it would work for; null = any */
  run: nameSchema.nullable(),
})
export type Hello = z.infer<typeof helloSchema>

const refusal = z.strictObject({ kind: z.literal('refused'), reason })

/** Learner -> host: what there is to do, or why not; `other` = by a learner of another run than the only one that the host works for. */
export const offerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('offer'), run: nameSchema, job: reference, dataset: reference }),
  z.strictObject({ kind: z.literal('other'), run: nameSchema }),
  refusal,
])
export type Offer = Extract<z.infer<typeof offerSchema>, { kind: 'offer' }>

/** Host -> learner: the part of a parcel that begins there. */
export const parcelRequestSchema = z.strictObject({ sha256, at: count(2 ** 31 - 1) })
/** Learner -> host, with the part. */
export const parcelSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('part') }),
  z.strictObject({ kind: z.literal('unknown') }),
])

/** Learner -> all hosts, with the part of the weights that begins there. */
export const policyPartSchema = z.strictObject({ ...reference.shape, at: count(2 ** 31 - 1) })

/** Host -> learner: one shard to compute. The answer may wait until there is one. */
export const leaseRequestSchema = z.strictObject({})
/** Learner -> host. A lease carries the shard's state where one part holds it. */
export const leaseSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('lease'),
    /** collection of this run, from 1 on; 0 = the canary */
    round: count(Number.MAX_SAFE_INTEGER),
    shard: count(1023),
    policy: reference,
    state: reference,
  }),
  z.strictObject({ kind: z.literal('none') }),
  refusal,
])
export type Lease = Extract<z.infer<typeof leaseSchema>, { kind: 'lease' }>

/** Host -> learner: a part of a shard's rollout, the trajectory and then the state. */
export const resultSchema = z.strictObject({
  round: count(Number.MAX_SAFE_INTEGER),
  shard: count(1023),
  /** the rollout */
  ...reference.shape,
  /** of which the trajectory */
  trajectoryBytes: count(2 ** 31 - 1),
  at: count(2 ** 31 - 1),
})
export type ResultPart = z.infer<typeof resultSchema>
/** Learner -> host: the next part, what became of the rollout, or why it is refused. */
export const receiptSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('more') }),
  z.strictObject({ kind: z.literal('taken') }),
  z.strictObject({ kind: z.literal('late') }),
  refusal,
])

/** Host -> learner: a shard that could not be computed, and why. The learner computes it, and finds out by itself. */
export const failedSchema = z.strictObject({ round: count(Number.MAX_SAFE_INTEGER), shard: count(1023), reason })

/** Host -> learner: no more leases for me. */
export const leaveSchema = z.strictObject({})
