/** A host that collects for whichever run is there: finds a learner, gets its job and dataset, computes shards until it ends. */
import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { type ActorPool, createActorPool, type ShardRollout } from '@vigil/actors'
import { awaitBroker, BROKER_ERRORS, type Broker, closeBroker, isDenied } from '@vigil/broker'
import { formatCounted } from '@vigil/command-line'
import { loadNativeKernels } from '@vigil/engine-native'
import { isErrorOf, VigilError } from '@vigil/errors'
import { deniedError } from '../denied.ts'
import { HOSTS_ERRORS, hostsError } from '../errors.ts'
import { ownBuild } from '../wire/build.ts'
import { decodeDataset } from '../wire/dataset.ts'
import { decodeFrame, encodeFrame, PART_BYTES } from '../wire/frame.ts'
import { decodeJob, JOB_BYTES_MAX } from '../wire/job.ts'
import {
  type Hello,
  helloSubject,
  inboxOf,
  type Lease,
  leaseSchema,
  type Offer,
  offerSchema,
  REASON_LETTERS_MAX,
  receiptSchema,
} from '../wire/messages.ts'
import { sha256Of } from '../wire/parts.ts'
import { type Ask, askerOf, assertNotRefused, isSilence, LearnerGone } from './ask.ts'
import { createCollecting } from './collecting.ts'
import { cached } from './dataset-cache.ts'
import { type HeardPolicy, hearPolicies } from './heard-policy.ts'

/** How a host joins. */
export type Joining = {
  readonly broker: Broker
  /** Its name: a word, another one on every host. */
  readonly name: string
  /** Worker threads, at least 1. */
  readonly actors: number
  /** The only run that it works for; null = any. */
  readonly run: string | null
  /** Whether it ends with the run, and does not look for the next one. */
  readonly once: boolean
  /** Folder of the datasets that it has seen. */
  readonly cache: string
  /** Bytes of a dataset that it takes at most. */
  readonly datasetBytesMax: number
  readonly say: (text: string) => void
  /** Asks it to end; it answers what it has begun first. */
  readonly signal: AbortSignal
}

/** Between two looks for a learner, or for a server. */
const LOOK_MS = 500
const HELLO_MS = 3000

/**
 * Collects for learners at a broker until it is asked to end, is refused by the only run that it works for, or, with `once`, the run has ended.
 *
 * @throws {VigilError} REFUSED, BROKER, MESSAGE, UNSOUND_DATASET, and as createActorPool
 * @example
 * await joinRuns({ broker: { address: 'nats://10.0.0.5:4222' }, name: 'rack-7', actors: 16, ...rest })
 */
export async function joinRuns(joining: Joining): Promise<void> {
  const { say, signal, name, actors, run } = joining
  const called = { name: `vigil host ${name}`, inbox: inboxOf(name) }
  const kernels = loadNativeKernels()
  const families = typeof kernels === 'string' ? [] : [...kernels.families]
  // What is not built ends it before it is connected: a connection is tried again for ever.
  const hello: Hello = { build: await ownBuild(), families, actors, run }
  const connection = await awaitBroker(joining.broker, { ...called, note: say, stop: signal })
  if (connection === null) return
  const refusals: Refusals = { runs: new Set(), told: null }
  let workplace: Workplace | null = null
  let worked: string | null = null
  try {
    say(`looking for a learner at ${joining.broker.address}`)
    while (!signal.aborted) {
      const offer = await offerFor(joining, { connection, hello, refusals })
      if (offer === null) {
        if (joining.once && worked !== null) return
        await pause(LOOK_MS)
        continue
      }
      const ask = askerOf(connection, offer, name)
      try {
        workplace = await workplaceFor(offer, ask, { joining, workplace })
        if (offer.run !== worked) say(`collecting for run ${offer.run} with ${formatCounted(actors, 'actor')}`)
        worked = offer.run
        await work({ ask, heard: hearPolicies(connection, offer.run) }, workplace, joining)
      } catch (error) {
        if (error instanceof LearnerGone) {
          say(`run ${offer.run} is over, or its learner is out of reach (${error.message})`)
          await pause(LOOK_MS)
        } else if (joining.once) throw error
        else {
          lookOn(error, joining, refusals)
          refusals.runs.add(offer.run)
        }
      }
    }
  } finally {
    await workplace?.pool.close()
    await closeBroker(connection)
  }
}

/** What learners have refused this host. */
type Refusals = {
  /** runs that it is not wanted for */
  readonly runs: Set<string>
  /** what was told last */
  told: string | null
}

/** Tells of a refusal: a host that works for any run looks on. @throws whatever is no refusal, or by the only run */
function lookOn(error: unknown, { run, say }: Joining, refusals: Refusals): void {
  if (run !== null || !isErrorOf(HOSTS_ERRORS, error) || error.code !== 'REFUSED') throw error
  if (error.message !== refusals.told) say(`${error.message} It looks for another one.`)
  refusals.told = error.message
}

/** Tells once of a learner that is there with another run than the only one that this host works for. */
function tellOther(other: string, { run, say }: Joining, refusals: Refusals): void {
  if (refusals.runs.has(other)) return
  refusals.runs.add(other)
  say(`a learner of run ${other} is there; this host waits for run ${run}`)
}

type Greeting = { readonly connection: NatsConnection; readonly hello: Hello; readonly refusals: Refusals }

/** @returns null where nobody has work for it @throws {VigilError} REFUSED by the only run that it works for */
async function offerFor(joining: Joining, { connection, hello, refusals }: Greeting): Promise<Offer | null> {
  try {
    const answers = await connection.requestMany(helloSubject(joining.name), encodeFrame(hello), {
      ...{ strategy: 'stall', maxWait: HELLO_MS },
    })
    let refusal: Parameters<typeof assertNotRefused>[0] | null = null
    // Several learners may answer, one that refuses before one that does not.
    for await (const { data } of answers) {
      const { header } = decodeFrame(data, offerSchema)
      if (header.kind === 'refused') refusal = header
      else if (header.kind === 'other') tellOther(header.run, joining, refusals)
      else if (!refusals.runs.has(header.run)) return header
    }
    if (refusal !== null) assertNotRefused(refusal)
  } catch (error) {
    if (isDenied(error)) throw deniedError('host', error as Error)
    if (!isSilence(error)) lookOn(error, joining, refusals)
  }
  return null
}

/** A pool that was made for a job on a dataset; the next run may want the same. */
type Workplace = { readonly job: string; readonly dataset: string; readonly pool: ActorPool }

async function workplaceFor(
  offer: Offer,
  ask: Ask,
  { joining, workplace }: { joining: Joining; workplace: Workplace | null },
): Promise<Workplace> {
  const { job, dataset } = offer
  if (workplace?.job === job.sha256 && workplace.dataset === dataset.sha256) return workplace
  if (job.bytes > JOB_BYTES_MAX)
    throw hostsError('MESSAGE', `A job has at most ${JOB_BYTES_MAX} bytes, but this one ${job.bytes}.`)
  if (dataset.bytes > joining.datasetBytesMax) {
    const mib = (bytes: number) => Math.ceil(bytes / 2 ** 20)
    throw hostsError(
      'UNSOUND_DATASET',
      `The dataset of the run has ${mib(dataset.bytes)} MiB, but this host takes ${mib(joining.datasetBytesMax)}. Raise --dataset-mib.`,
    )
  }
  const { family, ...settings } = decodeJob(await ask.fetch(job))
  const bytes = await cached(joining.cache, dataset, ask.fetch)
  await workplace?.pool.close()
  const pool = await createActorPool({ ...settings, dataset: decodeDataset(bytes) }, joining.actors)
  pool.actBy(family)
  return { job: job.sha256, dataset: dataset.sha256, pool }
}

/** Computes shards until the learner is gone or refuses, or the host is asked to end. */
async function work(
  { ask, heard }: { readonly ask: Ask; readonly heard: HeardPolicy },
  { pool }: Workplace,
  { actors, signal, say }: Joining,
): Promise<void> {
  const collecting = createCollecting(pool, async ({ policy }) => (await heard.of(policy)) ?? (await ask.fetch(policy)))
  const failure = new AbortController()
  const ends = AbortSignal.any([signal, failure.signal])
  const loop = async () => {
    while (!ends.aborted) {
      const { header: lease, body } = await ask.ask('lease', { header: {} }, leaseSchema)
      assertNotRefused(lease)
      if (lease.kind === 'none') continue
      await compute(lease, body, { ask, collecting, say })
    }
  }
  // One more than there are actors, so that none waits for its next shard.
  const loops = Array.from({ length: actors + 1 }, () => loop().finally(() => failure.abort()))
  // All of them end before another collection may begin.
  const ended = await Promise.allSettled(loops)
  await collecting.end()
  heard.close()
  const errors = ended.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (errors.length > 0) throw errors.find((error) => !(error instanceof LearnerGone)) ?? errors[0]
  await ask.ask('leave', { header: {} }, receiptSchema)
}

type Bench = {
  readonly ask: Ask
  readonly collecting: ReturnType<typeof createCollecting>
  readonly say: Joining['say']
}

async function compute(lease: Lease, body: Uint8Array, { ask, collecting, say }: Bench): Promise<void> {
  const { round, shard, state } = lease
  try {
    const isHere = sha256Of([body]) === state.sha256
    const rollout = await collecting.rollOut(lease, isHere ? body : await ask.fetch(state))
    if (rollout === null) await pause(LOOK_MS)
    else await hand(lease, rollout, ask)
  } catch (error) {
    // The learner finds out by itself what is wrong with a shard.
    if (!(error instanceof VigilError) || isErrorOf(HOSTS_ERRORS, error) || isErrorOf(BROKER_ERRORS, error)) throw error
    say(`shard ${shard} could not be computed: ${error.message}`)
    const reason = `${error.code}: ${error.message}`.slice(0, REASON_LETTERS_MAX)
    await ask.ask('failed', { header: { round, shard, reason } }, receiptSchema)
  }
}

/** Hands a rollout in, part by part. @throws {VigilError} REFUSED @throws {LearnerGone} */
export async function hand({ round, shard }: Lease, { trajectory, state }: ShardRollout, { ask }: Ask): Promise<void> {
  const bytes = new Uint8Array(trajectory.length + state.length)
  bytes.set(trajectory)
  bytes.set(state, trajectory.length)
  const whole = { round, shard, sha256: sha256Of([bytes]), bytes: bytes.length, trajectoryBytes: trajectory.length }
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    const part = { header: { ...whole, at }, body: bytes.subarray(at, at + PART_BYTES) }
    const { header } = await ask('result', part, receiptSchema)
    assertNotRefused(header)
    if (header.kind !== 'more') return
  }
}
