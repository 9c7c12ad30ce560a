/**
 * The epochs of a team as files: the manifest of the first one, as team.json, and beside it that of every later one with its
 * number, as team.1.json, with the signatures of agents before, as team.1.agent-0.json. It counts when a quorum has signed.
 */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  assertFollows,
  beginOf,
  type Epoch,
  isSigned,
  missingSigners,
  type Sign,
  type SuccessorSignature,
  signSuccessor,
} from '@vigil/agreement'
import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { serviceError } from '../errors.ts'
import { type AgentLog, openAgentLog } from './agent-log.ts'
import { fileOfEpoch, readTeam } from './team-files.ts'

/** Longest file of a signature. */
const SIGNATURE_BYTES_MAX = 4096

const signatureSchema = z.strictObject({
  manifest: z.string(),
  agent: z.int().min(0),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
})

const pledgeSchema = z.strictObject({ epoch: z.int(), batch: z.int(), manifest: z.string() })

/** The successor that an agent has signed, and the batch with which it begins. */
export type Pledge = z.infer<typeof pledgeSchema>

/**
 * All epochs of a team that count now.
 *
 * @param path of the first manifest
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
export async function readEpochs(path: string): Promise<Epoch[]> {
  const epochs = [await readTeam(path)]
  for (let next = await nextEpoch(path, epochs); next !== null; next = await nextEpoch(path, epochs)) epochs.push(next)
  return epochs
}

/**
 * The epoch behind those that are known.
 *
 * @returns null where there is no manifest of one, or no quorum has signed it
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
export async function nextEpoch(path: string, epochs: readonly Epoch[]): Promise<Epoch | null> {
  const next = await proposedEpoch(path, epochs)
  if (next === null) return null
  const before = epochs[epochs.length - 1]
  return missingSigners(before, next, await readSignatures(path, before, next)) === null ? next : null
}

/**
 * The epoch behind those that are known, whoever has signed it.
 *
 * @returns null where there is no manifest of one
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
export async function proposedEpoch(path: string, epochs: readonly Epoch[]): Promise<Epoch | null> {
  const file = fileOfEpoch(path, epochs[epochs.length - 1].manifest.epoch + 1)
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (!exists) return null
  const next = await readTeam(file)
  assertFollows(epochs, next)
  return next
}

/** The signatures under a manifest that hold; what is none counts for nothing. */
async function readSignatures(path: string, before: Epoch, next: Epoch): Promise<SuccessorSignature[]> {
  const signatures: SuccessorSignature[] = []
  for (let agent = 0; agent < before.team.agentCount; agent++) {
    const bytes = await readFile(signatureFile(path, next, agent)).catch(() => null)
    const one = bytes === null || bytes.length > SIGNATURE_BYTES_MAX ? null : signatureOf(bytes.toString('utf8'))
    if (one !== null && one.agent === agent && isSigned(before, next, one)) signatures.push(one)
  }
  return signatures
}

/**
 * Signs a successor as an agent of the epoch before. That it has is in its log before the signature leaves.
 *
 * @param log folder of the agent, which must not be at work
 * @returns the path of the signature
 * @throws {VigilError} SUCCESSOR_LATE, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, FILE_UNWRITABLE
 */
export async function signEpoch(
  { path, before, next }: { readonly path: string; readonly before: Epoch; readonly next: Epoch },
  { agent, sign, log }: { readonly agent: number; readonly sign: Sign; readonly log: string },
): Promise<string> {
  const opened = await openAgentLog(log)
  const { remembered, close } = opened
  const { epoch } = before.manifest
  const [batch, manifest] = [beginOf(next), next.team.id]
  try {
    assertEpochKnown(log, opened, [before])
    const signed = remembered?.epoch === epoch ? remembered : null
    const pledge = await readPledge(log)
    // Where the team has gone on under the old manifest behind a batch, no successor that begins with it can be valid any more.
    const isBound = pledge?.epoch === epoch && (signed === null || signed.batch <= pledge.batch)
    if (isBound && pledge.manifest !== manifest) {
      throw late(`has signed another successor of epoch ${epoch}, which begins with batch ${pledge.batch}`)
    }
    if (signed !== null && (signed.batch > batch || (signed.batch === batch && signed.hasCommitVote()))) {
      throw late(`has voted in batch ${signed.batch}, and the successor begins with batch ${batch}`)
    }
    await writeFileAtomically(pledgeFile(log), `${JSON.stringify({ epoch, batch, manifest })}\n`)
  } finally {
    await close()
  }
  const file = signatureFile(path, next, agent)
  await writeFileAtomically(
    file,
    `${JSON.stringify({ manifest, agent, signature: signSuccessor(before, next, sign) })}\n`,
  )
  return file
}

/**
 * An agent that has signed something in an epoch has been given its manifest: without it something was put back from before.
 *
 * @throws {VigilError} EPOCH_OLD
 */
export function assertEpochKnown(folder: string, { remembered }: AgentLog, epochs: readonly Epoch[]): void {
  const known = epochs[epochs.length - 1].manifest.epoch
  if (remembered === null || remembered.epoch <= known) return
  throw serviceError(
    'EPOCH_OLD',
    `${folder} is of epoch ${remembered.epoch}, but the manifests end with epoch ${known}. Give the manifests and signatures of all epochs.`,
  )
}

/** What an agent has signed last. @throws {VigilError} LOG_INVALID */
export async function readPledge(log: string): Promise<Pledge | null> {
  const path = pledgeFile(log)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const read = pledgeSchema.safeParse(parsed(text))
  if (read.success) return read.data
  throw serviceError('LOG_INVALID', `${path} does not tell which successor was signed. Give the folder as it was.`)
}

function signatureOf(text: string): SuccessorSignature | null {
  const read = signatureSchema.safeParse(parsed(text))
  return read.success ? { agent: read.data.agent, signature: read.data.signature } : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function pledgeFile(log: string): string {
  return join(log, 'successor.json')
}

function signatureFile(path: string, { manifest }: Epoch, agent: number): string {
  return fileOfEpoch(path, manifest.epoch).replace(/(\.json)?$/, `.agent-${agent}.json`)
}

function late(what: string) {
  return serviceError(
    'SUCCESSOR_LATE',
    `The agent ${what}. Let it sign nothing else; make a successor that begins later.`,
  )
}
