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
import { VigilError } from '@vigil/errors'
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

/** Told in a sentence what a person should know. */
type Note = (text: string) => void

/**
 * All epochs of a team that count now.
 *
 * @param path of the first manifest
 * @param note told of a manifest that is none, and counts for nothing
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
export async function readEpochs(path: string, note: Note): Promise<Epoch[]> {
  const epochs = [await readTeam(path)]
  const read = async () => await nextEpoch(path, epochs, note)
  for (let next = await read(); next !== null; next = await read()) epochs.push(next)
  return epochs
}

/**
 * The epoch behind those that are known.
 *
 * @returns null where there is no manifest of one, or no quorum has signed it
 * @throws {VigilError} SUCCESSOR where a quorum has signed one that cannot follow
 */
export async function nextEpoch(path: string, epochs: readonly Epoch[], note: Note): Promise<Epoch | null> {
  const before = epochs[epochs.length - 1]
  const file = successorFile(path, epochs)
  if (!(await exists(file))) return null
  try {
    const next = await readTeam(file)
    const isSignedByQuorum = missingSigners(before, next, await readSignatures(path, before, next)) === null
    if (isSignedByQuorum) assertFollows(epochs, next)
    return isSignedByQuorum ? next : null
  } catch (error) {
    // Who can make files here makes no epoch by it, and stops none. What nobody can read nobody has signed.
    if (!(error instanceof VigilError) || error.code === 'SUCCESSOR') throw error
    note(`${file} counts for nothing: ${error.message}`)
    return null
  }
}

/**
 * The epoch behind those that are known, whoever has signed it.
 *
 * @returns null where there is no manifest of one
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
export async function proposedEpoch(path: string, epochs: readonly Epoch[]): Promise<Epoch | null> {
  const file = successorFile(path, epochs)
  if (!(await exists(file))) return null
  const next = await readTeam(file)
  assertFollows(epochs, next)
  return next
}

/** The signatures under a manifest that hold; what is none counts for nothing. */
async function readSignatures(path: string, before: Epoch, next: Epoch): Promise<SuccessorSignature[]> {
  const agents = Array.from({ length: before.team.agentCount }, (_, agent) => agent)
  const read = await Promise.all(agents.map((agent) => readSignature(path, { before, next, agent })))
  return read.filter((one) => one !== null)
}

async function readSignature(
  path: string,
  { before, next, agent }: { readonly before: Epoch; readonly next: Epoch; readonly agent: number },
): Promise<SuccessorSignature | null> {
  const bytes = await readFile(signatureFile(path, next, agent)).catch(() => null)
  const one = bytes === null || bytes.length > SIGNATURE_BYTES_MAX ? null : signatureOf(bytes.toString('utf8'))
  return one !== null && one.agent === agent && isSigned(before, next, one) ? one : null
}

/**
 * Signs a successor as an agent of the epoch before. That it has is in its log before the signature leaves.
 *
 * @param log folder of the agent, which has been at work there and is not now: another folder knows nothing of what it has signed
 * @returns the path of the signature
 * @throws {VigilError} SUCCESSOR_LATE, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, FILE_UNWRITABLE
 */
export async function signEpoch(
  { path, before, next }: { readonly path: string; readonly before: Epoch; readonly next: Epoch },
  { agent, sign, log }: { readonly agent: number; readonly sign: Sign; readonly log: string },
): Promise<string> {
  if (!(await exists(join(log, 'agent.log')))) throw noLog(log)
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
    if (signed !== null && (signed.batch > batch || (signed.batch === batch && signed.mayHaveCommitted()))) {
      throw late(`may have voted in batch ${signed.batch}, and the successor begins with batch ${batch}`)
    }
    await writePledge(log, { epoch, batch, manifest })
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

/**
 * What an agent has signed by its signature beside the next manifest, wherever that was given.
 *
 * @returns null where there is none
 */
export async function shownPledge(path: string, epochs: readonly Epoch[], agent: number): Promise<Pledge | null> {
  const before = epochs[epochs.length - 1]
  // Nobody can have signed what nobody can read.
  const next = await readTeam(successorFile(path, epochs)).catch(() => null)
  if (next === null || (await readSignature(path, { before, next, agent })) === null) return null
  return { epoch: before.manifest.epoch, batch: beginOf(next), manifest: next.team.id }
}

/** @throws {VigilError} FILE_UNWRITABLE */
export async function writePledge(log: string, pledge: Pledge): Promise<void> {
  await writeFileAtomically(pledgeFile(log), `${JSON.stringify(pledge)}\n`)
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

function successorFile(path: string, epochs: readonly Epoch[]): string {
  return fileOfEpoch(path, epochs[epochs.length - 1].manifest.epoch + 1)
}

function signatureFile(path: string, { manifest }: Epoch, agent: number): string {
  return fileOfEpoch(path, manifest.epoch).replace(/(\.json)?$/, `.agent-${agent}.json`)
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

function noLog(folder: string) {
  return serviceError(
    'LOG_INVALID',
    `${folder} has no agent.log, and so does not tell what the agent has signed. Give the folder that it works with.`,
  )
}

function late(what: string) {
  return serviceError(
    'SUCCESSOR_LATE',
    `The agent ${what}. Let it sign nothing else; make a successor that begins later.`,
  )
}
