/** An agent signs the manifest of the next epoch: of the epoch before as its successor, of the new one to show that it holds its keys. */
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import {
  beginOf,
  type Epoch,
  ed25519Sign,
  missingReady,
  type Sign,
  signReadiness,
  signSuccessor,
} from '@vigil/agreement'
import { formatCounted, systemReason, systemRemedy } from '@vigil/command-line'
import { isErrorOf, VigilError } from '@vigil/errors'
import { SERVICE_ERRORS, serviceError } from '../errors.ts'
import { readTeamBundle } from './agent-epochs.ts'
import { openAgentLog } from './agent-log.ts'
import { placeOf } from './connections.ts'
import { assertEpochKnown, proposedEpoch, readEpochs, successorFile } from './epoch-files.ts'
import { readSignatures, writeSignature } from './epoch-signatures.ts'
import { assertUnbound, late, type Pledge, pledgeTo, readPledge, writePledge } from './pledges.ts'
import { answerRequest, askedToSign, askToSign } from './sign-requests.ts'
import { assertOwnKeys, fileOfEpoch, isThere, readKeys } from './team-files.ts'

/** Told in a sentence what a person should know. */
type Note = (text: string) => void

/** A manifest to sign, and the epoch before. */
type Proposal = {
  /** path of the manifest to sign */
  readonly file: string
  readonly before: Epoch
  readonly next: Epoch
}

/** What was signed, and where the signature is. */
type Signed = { readonly file: string; readonly epoch: number; readonly batch: number }

/**
 * Signs the manifest behind the epochs that count, as an agent of the last of these. An agent that is at work is asked to do so itself.
 *
 * @param team manifest of the first epoch
 * @throws {VigilError} SUCCESSOR, SUCCESSOR_LATE, SUCCESSOR_UNREADY, TEAM_INVALID, SECRET_INVALID, KEYS_FILE, EPOCH_OLD, LOG_TAKEN, LOG_INVALID,
 *   LOG_UNWRITABLE, FILE_UNWRITABLE
 */
export async function signNextEpoch(
  team: string,
  { agent, key, log }: { readonly agent: number; readonly key: string; readonly log: string },
  note: Note,
): Promise<Signed> {
  const { file, before, next } = await proposalIn(team, note)
  const sign = await signerOf(before, { agent, key })
  const done = { epoch: next.manifest.epoch, batch: beginOf(next) }
  try {
    return { file: await signEpoch({ file, before, next }, { agent, sign, log }), ...done }
  } catch (error) {
    if (!isErrorOf(SERVICE_ERRORS, error) || error.code !== 'LOG_TAKEN') throw error
  }
  return { file: await askToSign(log, { agent, manifest: next.team.id }), ...done }
}

/**
 * Shows that an agent of the epoch behind those that count holds its keys and has its bundle, and that it can listen at its address.
 *
 * @param team manifest of the first epoch
 * @param runs whose bundles the manifests name
 * @throws {VigilError} SUCCESSOR, TEAM_INVALID, SECRET_INVALID, KEYS_FILE, ADDRESS_TAKEN, FILE_UNWRITABLE, and as readBundle
 */
export async function showReady(
  team: string,
  { agent, key, runs }: { readonly agent: number; readonly key: string; readonly runs: readonly string[] },
  note: Note,
): Promise<Signed> {
  const { file, next } = await proposalIn(team, note)
  const sign = await signerOf(next, { agent, key })
  const { bundle, agents, epoch } = next.manifest
  await readTeamBundle(runs, bundle, agents.length)
  await assertFree(agents[agent].address)
  const signature = signReadiness(next, sign)
  return { file: await writeSignature(file, 'ready', { next, agent, signature }), epoch, batch: beginOf(next) }
}

/**
 * Signs a successor as an agent of the epoch before. That it has is in its folder before the signature leaves.
 *
 * @param log folder of the agent, which has been at work there and is not now: another folder knows nothing of what it has signed
 * @returns the path of the signature
 * @throws {VigilError} SUCCESSOR_LATE, SUCCESSOR_UNREADY, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, FILE_UNWRITABLE
 */
export async function signEpoch(
  { file, before, next }: Proposal,
  { agent, sign, log }: { readonly agent: number; readonly sign: Sign; readonly log: string },
): Promise<string> {
  if (!(await isThere(join(log, 'agent.log')))) throw noLog(log)
  await assertReady(file, next)
  const opened = await openAgentLog(log)
  const { remembered, close } = opened
  const pledge = pledgeTo(before, next)
  const { epoch, batch } = pledge
  try {
    assertEpochKnown(log, opened, [before])
    const signed = remembered?.epoch === epoch ? remembered : null
    assertUnbound(await readPledge(log), pledge, signed?.batch ?? null)
    if (signed !== null && (signed.batch > batch || (signed.batch === batch && signed.mayHaveCommitted()))) {
      throw late(`may have voted in batch ${signed.batch}, and the successor begins with batch ${batch}`)
    }
    await writePledge(log, pledge)
  } finally {
    await close()
  }
  return await writeSignature(file, 'agent', { next, agent, signature: signSuccessor(before, next, sign) })
}

/**
 * The manifest behind the epochs that are known, for who signs it.
 *
 * @param team manifest of the first epoch
 * @returns null where there is none
 * @throws {VigilError} KEYS_FILE, TEAM_INVALID, SUCCESSOR
 */
async function proposed(team: string, epochs: readonly Epoch[]): Promise<Proposal | null> {
  const next = await proposedEpoch(team, epochs)
  return next === null ? null : { file: successorFile(team, epochs), before: epochs[epochs.length - 1], next }
}

/** What an agent at work has signed, and how it signs more. */
type Signing = {
  readonly pledges: readonly Pledge[]
  /** the batch that it can begin next */
  readonly place: number
  /** binds it where it may sign, and says whether it has; null where it has ended */
  readonly pledge: (made: Pledge) => Promise<boolean | null>
}

/**
 * An agent at work signs the manifest behind the epochs that it knows, where it is asked to (sign-requests.ts). What keeps it from that is its answer.
 *
 * @param epochs that the agent knows
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function signIfAsked(
  {
    team,
    agent,
    key,
    log,
  }: { readonly team: string; readonly agent: number; readonly key: string; readonly log: string },
  epochs: readonly Epoch[],
  { pledges, place, pledge }: Signing,
): Promise<void> {
  const request = await askedToSign(log)
  if (request === null) return
  const { manifest } = request
  try {
    if (request.agent !== agent) throw otherAgent(log, agent)
    const proposal = await proposed(team, epochs)
    if (proposal?.next.team.id !== manifest) throw otherManifest(proposal?.file ?? successorFile(team, epochs))
    const { file, before, next } = proposal
    await assertReady(file, next)
    const sign = await signerOf(before, { agent, key })
    const wanted = pledgeTo(before, next)
    for (const made of pledges) assertUnbound(made, wanted, place - 1)
    const isBound = pledges.some((made) => made.manifest === manifest) || (await pledge(wanted))
    // It has ended: whoever asked may sign by its folder.
    if (isBound === null) return
    if (!isBound) throw late(`may have voted in batch ${wanted.batch}, with which the successor begins, or behind it`)
    await writePledge(log, wanted)
    const signed = await writeSignature(file, 'agent', { next, agent, signature: signSuccessor(before, next, sign) })
    await answerRequest(log, request, { signed: resolve(signed) })
  } catch (error) {
    if (!(error instanceof VigilError)) throw error
    await answerRequest(log, request, { refused: error.message })
  }
}

/** Whoever signs has seen that the new agents hold their keys: without them the team would end. @throws {VigilError} SUCCESSOR_UNREADY */
async function assertReady(file: string, next: Epoch): Promise<void> {
  const lacking = missingReady(next, await readSignatures(file, 'ready', next))
  if (lacking === null) return
  const { epoch } = next.manifest
  throw serviceError(
    'SUCCESSOR_UNREADY',
    `${formatCounted(lacking, 'agent')} more of epoch ${epoch} must show that they hold their keys. Do it where they are, with service:team-ready.`,
  )
}

/** @throws {VigilError} TEAM_INVALID where there is none, KEYS_FILE, SUCCESSOR */
async function proposalIn(team: string, note: Note): Promise<Proposal> {
  const epochs = await readEpochs(team, note)
  const proposal = await proposed(team, epochs)
  if (proposal !== null) return proposal
  throw serviceError(
    'TEAM_INVALID',
    `There is no ${successorFile(team, epochs)} to sign. Make it with service:team-rotate.`,
  )
}

/** What signs as an agent of an epoch. @param key file of its keys in the first epoch @throws {VigilError} TEAM_INVALID, SECRET_INVALID */
async function signerOf(
  { manifest: { agents, epoch, follows } }: Epoch,
  { agent, key }: { readonly agent: number; readonly key: string },
): Promise<Sign> {
  const own = agents[agent]
  if (own === undefined)
    throw serviceError(
      'TEAM_INVALID',
      `Epoch ${epoch} has the agents 0 to ${agents.length - 1}, and no agent ${agent}. Give the number of one that it has.`,
    )
  const keys = await readKeys(follows === null ? key : fileOfEpoch(key, epoch))
  assertOwnKeys(keys, own)
  return ed25519Sign(keys.signing!)
}

/** @throws {VigilError} ADDRESS_TAKEN where nobody can listen here */
async function assertFree(address: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(placeOf(address), resolve)
  }).catch((cause: Error) => {
    throw serviceError(
      'ADDRESS_TAKEN',
      `The agent cannot listen at ${address}: ${systemReason(cause)}. ${systemRemedy(cause)}`,
      { cause },
    )
  })
  await new Promise((resolve) => server.close(resolve))
}

function otherAgent(log: string, agent: number) {
  return serviceError('TEAM_INVALID', `${log} is the folder of agent ${agent}. Give each agent its own.`)
}

function otherManifest(file: string) {
  return serviceError(
    'TEAM_INVALID',
    `${resolve(file)} is not the manifest that was to be signed. Give this agent the manifest that the others have.`,
  )
}

function noLog(folder: string) {
  return serviceError(
    'LOG_INVALID',
    `${folder} has no agent.log, and so does not tell what the agent has signed. Give the folder that it works with.`,
  )
}
