/** Test support: a host made of the product's parts that says what a test wants it to. */
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { createActorPool, type ShardRollout } from '@vigil/actors'
import type { Broker } from '@vigil/broker'
import type { Dataset } from '@vigil/data'
import { decodeTrajectory, encodeTrajectory, type Trajectory } from '@vigil/proto'
import { askerOf } from './host/ask.ts'
import { createCollecting } from './host/collecting.ts'
import { hand } from './host/join-run.ts'
import { ownBuild } from './wire/build.ts'
import { decodeDataset } from './wire/dataset.ts'
import { decodeFrame, encodeFrame, PART_BYTES } from './wire/frame.ts'
import { decodeJob } from './wire/job.ts'
import {
  type Hello,
  helloSubject,
  inboxOf,
  type Lease,
  leaseSchema,
  type Offer,
  offerSchema,
  receiptSchema,
} from './wire/messages.ts'
import { sha256Of } from './wire/parts.ts'

/** What an honest host of no kernels would say first. */
export async function honestHello(): Promise<Hello> {
  return { build: await ownBuild(), families: [], actors: 1, run: null }
}

/** Asks for work under a name. */
export async function greet(connection: NatsConnection, name: string, hello?: unknown) {
  const { data } = await connection.request(
    helloSubject(name),
    encodeFrame((hello ?? (await honestHello())) as object),
    { timeout: 5000 },
  )
  return decodeFrame(data, offerSchema).header
}

/** A connection of its own, with the inbox of a name. */
export async function dial({ address, token }: Broker, name: string): Promise<NatsConnection> {
  const servers = address.replace('nats://', '')
  return await connect({ servers, inboxPrefix: inboxOf(name), ...(token !== undefined && { token }) })
}

/** What a host changes of its dataset, and of its rollouts before it hands them in; `copies` is how often each part is sent. */
export type Habits = {
  readonly swap?: (dataset: Dataset) => Dataset
  readonly alter?: (rollout: ShardRollout, lease: Lease) => ShardRollout
  readonly copies?: number
}

/** Every receipt that the host got, in order. */
export async function workByHand(
  broker: Broker,
  name: string,
  { swap = (dataset) => dataset, alter = (rollout) => rollout, copies = 1 }: Habits,
) {
  const connection = await dial(broker, name)
  const offer = (await greet(connection, name)) as Offer
  const ask = askerOf(connection, offer, name)
  const { family: _, ...settings } = decodeJob(await ask.fetch(offer.job))
  const dataset = swap(decodeDataset(await ask.fetch(offer.dataset)))
  const pool = await createActorPool({ ...settings, dataset }, 1)
  const collecting = createCollecting(pool, async ({ policy }) => await ask.fetch(policy))
  const receipts: string[] = []
  const work = async () => {
    for (;;) {
      const { header: lease, body } = await ask.ask('lease', { header: {} }, leaseSchema)
      if (lease.kind === 'refused') return lease.reason
      if (lease.kind === 'none') continue
      const { round, shard } = lease
      const rollout = (await collecting.rollOut(lease, body))!
      const { trajectory, state } = round === 0 ? rollout : alter(rollout, lease)
      const bytes = Uint8Array.from([...trajectory, ...state])
      const whole = { round, shard, sha256: sha256Of([bytes]), bytes: bytes.length, trajectoryBytes: trajectory.length }
      for (let at = 0; at < bytes.length; at += PART_BYTES) {
        for (let copy = 0; copy < copies; copy++) {
          const part = { header: { ...whole, at }, body: bytes.subarray(at, at + PART_BYTES) }
          const { header } = await ask.ask('result', part, receiptSchema)
          receipts.push(header.kind)
        }
      }
    }
  }
  const ended = work()
    .catch((error: unknown) => String(error))
    .finally(async () => {
      await collecting.end()
      await pool.close()
      await connection.close()
    })
  return { receipts, ended, settings, dataset: pool.settings.dataset }
}

/** Hands each shard in from memory when it has been computed once: for a policy and states that stay the same. */
export async function workFromMemory(broker: Broker, name: string): Promise<void> {
  const connection = await dial(broker, name)
  const offer = (await greet(connection, name)) as Offer
  const ask = askerOf(connection, offer, name)
  const { family: _, ...settings } = decodeJob(await ask.fetch(offer.job))
  const pool = await createActorPool({ ...settings, dataset: decodeDataset(await ask.fetch(offer.dataset)) }, 1)
  const collecting = createCollecting(pool, async ({ policy }) => await ask.fetch(policy))
  const known = new Map<number, Promise<ShardRollout>>()
  const work = async () => {
    for (;;) {
      const { header: lease, body } = await ask.ask('lease', { header: {} }, leaseSchema)
      if (lease.kind !== 'lease') continue
      const state = body.length === lease.state.bytes ? body : await ask.fetch(lease.state)
      const rollout = known.get(lease.shard) ?? collecting.rollOut(lease, state).then((done) => done!)
      if (lease.round > 0) known.set(lease.shard, rollout)
      await hand(lease, await rollout, ask)
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
}

/** The same rollout with another trajectory. */
export function withTrajectory(
  { trajectory, state }: ShardRollout,
  expected: Parameters<typeof decodeTrajectory>[1],
  change: (decoded: Trajectory) => void,
): ShardRollout {
  const decoded = decodeTrajectory(trajectory, expected)
  change(decoded)
  return { trajectory: encodeTrajectory(decoded), state }
}
