/** An agent in the epochs of its team: its keys, weights and connections in each, as far as it has them. */

import { beginOf, type Epoch, ed25519Sign, epochOf, loadTree, messageBytesMax } from '@vigil/agreement'
import { systemReason, systemRemedy } from '@vigil/command-line'
import { VigilError } from '@vigil/errors'
import type { Bundle } from '@vigil/runs'
import { readFingerprinted } from '../bundle-fingerprint.ts'
import { serviceError } from '../errors.ts'
import type { AgentEpoch } from './agent.ts'
import { createAgentVoter } from './agent-voter.ts'
import type { Identity, Member, Receiver, Transport, Ways } from './connections.ts'
import type { Frame } from './frames.ts'
import { BATCH_BYTES_MAX } from './gatherer.ts'
import { assertOwnKeys, fileOfEpoch, isThere, type MemberKeys, readKeys } from './team-files.ts'

/** What a frame has beside the text of events and a certificate, at most. */
const FRAME_HEAD_BYTES = 64

/** Most agents of an epoch: messages of any epoch are let through. */
const AGENTS_MAX = 64

/** Which agent it is, and where its files are. */
export type AgentFiles = {
  readonly agent: number
  /** keys of the first epoch; those of later ones lie beside them, with the number of the epoch */
  readonly key: string
  /** whose bundles the manifests name */
  readonly runs: readonly string[]
}

/** The epochs of an agent. */
export type AgentEpochs = {
  readonly at: (batch: number) => AgentEpoch
  /** SHA-256 of the bundle of a batch's epoch */
  readonly bundleAt: (batch: number) => string
  /** the first batch in which the agent may have signed anything */
  readonly firstBatch: number
  /** the first one first */
  readonly known: readonly Epoch[]
  /**
   * Loads an epoch behind those that are loaded. Where the agent has no keys of it, it does so from its first batch on, as one that
   * takes no part.
   *
   * @param batch where the agent is
   * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, UNDECIDABLE, and as readBundle
   */
  load(epoch: Epoch, batch: number): Promise<void>
  /**
   * Connects it in all loaded epochs that are not over at a batch, as far as it can.
   *
   * @throws {VigilError} ADDRESS_TAKEN where it can in none: an epoch may be another host's
   */
  connect(batch: number, note: Note): Promise<void>
  send(to: Member, frame: Frame, epoch: number): void
  /** Ends connections of epochs that are over, where the batch behind them is certified. */
  leave(batch: number): void
  close(): void
}

/** Told in a sentence what a person should know. */
type Note = (text: string) => void

type Loaded = {
  readonly epoch: Epoch
  readonly keys: MemberKeys | null
  readonly part: AgentEpoch
  ways: Ways | null
}

/**
 * @param known    all epochs that count now
 * @param receiver what becomes of frames, in whatever epoch they come
 * @param note     told of an epoch in which the agent lacks its keys: another host may have them
 * @throws {VigilError} NOT_BUILT, and as load
 */
export async function openAgentEpochs(
  known: readonly Epoch[],
  { files, transport, receiver, note }: { files: AgentFiles; transport: Transport; receiver: Receiver; note: Note },
): Promise<AgentEpochs> {
  loadTree()
  const all: Loaded[] = []
  const entryOf = (batch: number) => {
    const epochs = all.map(({ epoch }) => epoch)
    return all[epochs.indexOf(epochOf(epochs, batch))]
  }
  const { agent } = files

  async function load(epoch: Epoch, keys: MemberKeys | null, isNeeded: boolean): Promise<void> {
    const { manifest, team } = epoch
    const { bundle, agents, batchRows, viewMs } = manifest
    // What is known of events goes on where an epoch has the bundle of the one before, and begins anew with another one.
    const before = all.at(-1)
    let voter = before?.epoch.manifest.bundle === bundle ? before.part.voter : null
    if (voter === null && isNeeded) {
      if (before?.epoch.manifest.bundle === bundle) throw startAnew(manifest.epoch)
      voter = await createAgentVoter(await readTeamBundle(files.runs, bundle, agents.length), agent, batchRows)
    }
    const sign = keys === null ? null : ed25519Sign(keys.signing!)
    all.push({ epoch, keys, part: { team, batchRows, viewMs, sign, voter }, ways: null })
  }

  const own = await Promise.all(known.map(async (epoch) => await keysIn(epoch, files)))
  if (own.every((keys) => keys === null)) throw noKeys(known[known.length - 1], files)
  for (const [i, epoch] of known.entries()) {
    // An agent that has come later learns the past of its own bundle alone.
    await load(epoch, own[i], own[i] !== null || isUsedAfter(known, own, i))
    if (own[i] === null && i === known.length - 1) note(noKeys(epoch, files).message)
  }
  return {
    at: (batch) => entryOf(batch).part,
    bundleAt: (batch) => entryOf(batch).epoch.manifest.bundle,
    get firstBatch() {
      return beginOf(all.find(({ keys }) => keys !== null)!.epoch)
    },
    get known() {
      return all.map(({ epoch }) => epoch)
    },
    async load(epoch, batch) {
      const keys = await keysIn(epoch, files)
      if (keys === null && files.agent in epoch.manifest.agents) {
        const lacking = noKeys(epoch, files)
        if (batch < beginOf(epoch)) throw lacking
        note(lacking.message)
      }
      await load(epoch, keys, keys !== null)
    },
    connect: async (batch, tell) => await connectAll(all, batch, { way: { agent, transport, receiver }, tell }),
    send(to, frame, number) {
      for (const { epoch, ways } of all) {
        // The enforcer may be there in one epoch or in both.
        if (to === 'enforcer' || epoch.manifest.epoch === number) ways?.send(to, frame)
      }
    },
    leave(batch) {
      for (const [i, entry] of all.entries()) {
        if (!isOver(all, i, batch)) continue
        entry.ways?.close()
        entry.ways = null
      }
    },
    close() {
      for (const { ways } of all) ways?.close()
    },
  }
}

/** Whether the batch behind an epoch is certified, where the agent is in one behind that. */
function isOver(all: readonly Loaded[], i: number, batch: number): boolean {
  return i + 1 < all.length && beginOf(all[i + 1].epoch) < batch
}

/** Whether an epoch goes on, with its bundle, into one of which the agent has keys. */
function isUsedAfter(known: readonly Epoch[], own: readonly (MemberKeys | null)[], i: number): boolean {
  const { bundle } = known[i].manifest
  const end = known.findIndex(({ manifest }, at) => at > i && manifest.bundle !== bundle)
  return own.slice(i, end === -1 ? undefined : end).some((keys) => keys !== null)
}

/** @returns null where the agent is none of the epoch's, or its keys are not here: they may be another host's */
async function keysIn({ manifest }: Epoch, files: AgentFiles): Promise<MemberKeys | null> {
  const own = manifest.agents[files.agent]
  const path = keyPath(manifest, files)
  if (own === undefined || !(await isThere(path))) return null
  const keys = await readKeys(path)
  assertOwnKeys(keys, own)
  return keys
}

function keyPath({ follows, epoch }: Epoch['manifest'], { key }: AgentFiles): string {
  return follows === null ? key : fileOfEpoch(key, epoch)
}

/** What carries frames of an agent. */
type Way = { readonly agent: number; readonly transport: Transport; readonly receiver: Receiver }

async function connectAll(
  all: readonly Loaded[],
  batch: number,
  { way, tell }: { readonly way: Way; readonly tell: Note },
): Promise<void> {
  let failure: VigilError | null = null
  for (const [i, entry] of all.entries()) {
    if (entry.ways !== null || isOver(all, i, batch)) continue
    try {
      entry.ways = await waysIn(entry, way)
    } catch (error) {
      if (!(error instanceof VigilError)) throw error
      failure = error
    }
  }
  if (failure === null) return
  if (all.every(({ ways }) => ways === null)) throw failure
  tell(failure.message)
}

/** @returns null where the agent is none of the epoch's @throws {VigilError} ADDRESS_TAKEN */
async function waysIn({ epoch, keys }: Loaded, { agent, transport, receiver }: Way): Promise<Ways | null> {
  if (keys === null) return null
  const { agents } = epoch.manifest
  const addresses = agents.map(({ address }) => address)
  const identity = identityOf(epoch, keys, agents[agent].certificate)
  return await transport(agent, addresses, identity, receiver).catch((cause: Error) => {
    throw serviceError(
      'ADDRESS_TAKEN',
      `The agent cannot listen at ${addresses[agent]}: ${systemReason(cause)}. ${systemRemedy(cause)}`,
      {
        cause,
      },
    )
  })
}

/**
 * The bundle that a manifest names, of one of several runs.
 *
 * @throws {VigilError} TEAM_INVALID, and as readBundle
 */
export async function readTeamBundle(
  runs: readonly string[],
  fingerprint: string,
  agentCount: number,
): Promise<Bundle> {
  for (const run of runs) {
    const { bundle, fingerprint: own } = await readFingerprinted(run)
    if (own === fingerprint && bundle.network.agentCount === agentCount) return bundle
  }
  throw serviceError(
    'TEAM_INVALID',
    `The bundle of ${runs.join(', ')} is not the one that the manifest names. Give the run that the team was made for.`,
  )
}

function noKeys({ manifest }: Epoch, files: AgentFiles): VigilError {
  const { agents, epoch } = manifest
  if (agents[files.agent] === undefined) {
    return serviceError(
      'TEAM_INVALID',
      `Epoch ${epoch} has the agents 0 to ${agents.length - 1}, and no agent ${files.agent}. Give the number of one that it has.`,
    )
  }
  return serviceError(
    'SECRET_INVALID',
    `There is no ${keyPath(manifest, files)}: the agent takes no part in epoch ${epoch} here. Give it, and start the agent again, unless another host has it.`,
  )
}

function startAnew(epoch: number): VigilError {
  return serviceError(
    'TEAM_INVALID',
    `The agent has learnt nothing of the bundle of epoch ${epoch}, which the epoch before has too. Start it again.`,
  )
}

/** A member as the others know it. */
export function identityOf(
  { manifest: { agents, enforcer, batchRows } }: Pick<Epoch, 'manifest'>,
  { connection }: Pick<MemberKeys, 'connection'>,
  certificate: string,
): Identity {
  return {
    ...{ certificates: agents.map((agent) => agent.certificate), enforcer, certificate },
    privateKey: connection.export({ format: 'pem', type: 'pkcs8' }).toString(),
    // A batch with its certificate, of whatever epoch.
    frameBytesMax: FRAME_HEAD_BYTES + BATCH_BYTES_MAX + messageBytesMax({ agentCount: AGENTS_MAX, rows: batchRows }),
  }
}
