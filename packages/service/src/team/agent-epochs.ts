/** An agent in the epochs of its team: its keys, weights and connections in each, as far as it has them. */
import { access } from 'node:fs/promises'
import { beginOf, type Epoch, ed25519Sign, epochOf, messageBytesMax } from '@vigil/agreement'
import { type Bundle, readBundle } from '@vigil/runs'
import { bundleFingerprint } from '../bundle-fingerprint.ts'
import { serviceError } from '../errors.ts'
import type { AgentEpoch } from './agent.ts'
import { type AgentVoter, createAgentVoter } from './agent-voter.ts'
import type { Identity, Member, Receiver, Transport, Ways } from './connections.ts'
import type { Frame } from './frames.ts'
import { BATCH_BYTES_MAX } from './gatherer.ts'
import { assertOwnKeys, fileOfEpoch, type MemberKeys, readKeys } from './team-files.ts'

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
  /** Loads an epoch behind those that are loaded. @throws {VigilError} TEAM_INVALID, SECRET_INVALID, UNDECIDABLE, and as readBundle */
  load(epoch: Epoch): Promise<void>
  /** Connects it in all loaded epochs that are not over at a batch. @throws {VigilError} ADDRESS_TAKEN */
  connect(batch: number): Promise<void>
  send(to: Member, frame: Frame, epoch: number): void
  /** Ends connections of epochs that are over, where the batch behind them is certified. */
  leave(batch: number): void
  close(): void
}

type Loaded = {
  readonly epoch: Epoch
  readonly keys: MemberKeys | null
  readonly part: AgentEpoch
  ways: Ways | null
}

/**
 * @param known    all epochs that count now; whoever lacks the key of the last one takes no part, and is told so
 * @param receiver what becomes of frames, in whatever epoch they come
 * @throws {VigilError} as load
 */
export async function openAgentEpochs(
  known: readonly Epoch[],
  { files, transport, receiver }: { files: AgentFiles; transport: Transport; receiver: Receiver },
): Promise<AgentEpochs> {
  const all: Loaded[] = []
  const voters = new Map<string, AgentVoter>()
  const entryOf = (batch: number) => {
    const epochs = all.map(({ epoch }) => epoch)
    return all[epochs.indexOf(epochOf(epochs, batch))]
  }
  const { agent } = files

  async function voterIn({ manifest }: Epoch): Promise<AgentVoter> {
    const voter = voters.get(manifest.bundle)
    if (voter !== undefined) return voter
    const bundle = await readTeamBundle(files.runs, manifest.bundle, manifest.agents.length)
    const made = await createAgentVoter(bundle, agent, manifest.batchRows)
    voters.set(manifest.bundle, made)
    return made
  }

  async function load(epoch: Epoch, last = epoch): Promise<void> {
    const { manifest, team } = epoch
    const keys = await keysIn(epoch, { files, isLast: epoch === last })
    const { batchRows, viewMs } = manifest
    // An agent that has come later learns the past of its own bundle alone.
    const voter = keys !== null || manifest.bundle === last.manifest.bundle ? await voterIn(epoch) : null
    const sign = keys === null ? null : ed25519Sign(keys.signing!)
    all.push({ epoch, keys, part: { team, batchRows, viewMs, sign, voter }, ways: null })
  }

  for (const epoch of known) await load(epoch, known[known.length - 1])
  if (all.every(({ keys }) => keys === null)) {
    const { agents } = known[0].manifest
    throw serviceError('TEAM_INVALID', `The team has the agents 0 to ${agents.length - 1}, and no agent ${agent}.`)
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
    load: async (epoch) => await load(epoch),
    async connect(batch) {
      for (const [i, entry] of all.entries()) {
        if (entry.ways === null && !isOver(all, i, batch))
          entry.ways = await waysIn(entry, { agent, transport, receiver })
      }
    },
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

async function keysIn(
  { manifest }: Epoch,
  { files, isLast }: { files: AgentFiles; isLast: boolean },
): Promise<MemberKeys | null> {
  const own = manifest.agents[files.agent]
  if (own === undefined) return null
  const path = manifest.follows === null ? files.key : fileOfEpoch(files.key, manifest.epoch)
  // Of an epoch before the keys may be another host's.
  if (!isLast && !(await exists(path))) return null
  const keys = await readKeys(path)
  assertOwnKeys(keys, own)
  return keys
}

/** @returns null where the agent is none of the epoch's @throws {VigilError} ADDRESS_TAKEN */
async function waysIn(
  { epoch, keys }: Loaded,
  { agent, transport, receiver }: { agent: number; transport: Transport; receiver: Receiver },
): Promise<Ways | null> {
  if (keys === null) return null
  const { agents } = epoch.manifest
  const addresses = agents.map(({ address }) => address)
  const identity = identityOf(epoch, keys, agents[agent].certificate)
  return await transport(agent, addresses, identity, receiver).catch((cause: Error) => {
    throw serviceError('ADDRESS_TAKEN', `The agent cannot listen at ${addresses[agent]}: ${cause.message}.`, { cause })
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
    const bundle = await readBundle(run)
    if ((await bundleFingerprint(run)) === fingerprint && bundle.network.agentCount === agentCount) return bundle
  }
  throw serviceError(
    'TEAM_INVALID',
    `The bundle of ${runs.join(', ')} is not the one that the manifest names. Give the run that the team was made for.`,
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

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
