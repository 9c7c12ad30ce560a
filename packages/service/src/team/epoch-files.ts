/**
 * The epochs of a team as files: the manifest of the first one, as team.json, and beside it that of every later one with its
 * number, as team.1.json, with the signatures of agents before, as team.1.agent-0.json. It counts when a quorum has signed.
 */
import { assertFollows, type Epoch, missingSigners } from '@vigil/agreement'
import { VigilError } from '@vigil/errors'
import { serviceError } from '../errors.ts'
import type { AgentLog } from './agent-log.ts'
import { readSignatures } from './epoch-signatures.ts'
import { fileOfEpoch, isThere, readTeam } from './team-files.ts'

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
  if (!(await isThere(file))) return null
  try {
    const next = await readTeam(file)
    const isSignedByQuorum = missingSigners(before, next, await readSignatures(file, 'agent', before)) === null
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
  if (!(await isThere(file))) return null
  const next = await readTeam(file)
  assertFollows(epochs, next)
  return next
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

/** Where the manifest behind those that are known is, or is to be. */
export function successorFile(path: string, epochs: readonly Epoch[]): string {
  return fileOfEpoch(path, epochs[epochs.length - 1].manifest.epoch + 1)
}
