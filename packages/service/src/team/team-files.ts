/** The files of a team: one manifest that all have, and for each member a file of keys that nobody else may read. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { decodeManifest, type Epoch, type EpochManifest, encodeManifest, PUBLIC_TEAM_MOST } from '@vigil/agreement'
import { systemReason, writeFileAtomically } from '@vigil/command-line'
import { serviceError } from '../errors.ts'
import { readOwnSecret } from '../secret-file.ts'
import { selfSigned } from './self-signed.ts'

/** Permissions of a file of keys: its owner alone. */
const KEY_MODE = 0o600

const REMEDY = 'Use the file that service:team-create has made, with mode 600.'

/** What a member has for itself. */
export type MemberKeys = {
  /** that it signs statements with; null for the enforcer, who signs none */
  readonly signing: KeyObject | null
  /** by which it is known on connections */
  readonly connection: KeyObject
}

/** How a new team is to be, or the next epoch of one. */
export type NewTeam = Omit<EpochManifest, 'agents' | 'enforcer'> & {
  /** by agent: HOST:PORT */
  readonly addresses: readonly string[]
}

/** Whether there is a file, or a folder. */
export async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/** A file of a later epoch: that of the first one, with the number of the epoch before its ending. */
export function fileOfEpoch(first: string, epoch: number): string {
  const ending = extname(first)
  return `${first.slice(0, first.length - ending.length)}.${epoch}${ending}`
}

/**
 * Makes the keys of a team and its manifest; of a later epoch with its number in the names of the files.
 *
 * @param accept given the team before anything is written: what it throws leaves no file
 * @returns the path of the manifest
 * @throws {VigilError} FILE_UNWRITABLE, KEYS_FILE where there can be no such team
 */
export async function createTeamFiles(
  folder: string,
  { addresses, ...terms }: NewTeam,
  accept: (made: Epoch) => void = () => undefined,
): Promise<string> {
  const agents = addresses.map((address, agent) => {
    const [signing, connection] = [newKey(), newKey()]
    const certificate = selfSigned(`agent ${agent}`, connection).toString('base64')
    return { keys: { signing, connection }, entry: { publicKey: rawPublicKey(signing), address, certificate } }
  })
  const connection = newKey()
  const enforcer = selfSigned('enforcer', connection).toString('base64')
  const text = encodeManifest({ ...terms, agents: agents.map(({ entry }) => entry), enforcer })
  accept(decodeManifest(text))
  const fileOf = (name: string) => join(folder, terms.follows === null ? name : fileOfEpoch(name, terms.epoch))
  for (const [agent, { keys }] of agents.entries()) await writeKeys(fileOf(`agent-${agent}.key`), keys)
  await writeKeys(fileOf('enforcer.key'), { signing: null, connection })
  const path = fileOf('team.json')
  await writeFileAtomically(path, text)
  return path
}

/** The manifest of one epoch. @throws {VigilError} KEYS_FILE, TEAM_INVALID */
export async function readTeam(path: string): Promise<Epoch> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw serviceError('TEAM_INVALID', `${path} cannot be read: ${systemReason(cause)}. Give the manifest of a team.`, {
      cause,
    })
  })
  return decodeManifest(bytes.subarray(0, PUBLIC_TEAM_MOST + 1).toString('utf8'))
}

/**
 * Reads a file of keys, which nobody but its owner may read.
 *
 * @throws {VigilError} SECRET_INVALID
 */
export async function readKeys(path: string): Promise<MemberKeys> {
  const bytes = await readOwnSecret(path, REMEDY)
  const parts = bytes.match(/-----BEGIN PRIVATE KEY-----[\w+/=\s]+-----END PRIVATE KEY-----/g) ?? []
  try {
    const keys = parts.map((part) => createPrivateKey(part))
    if (keys.length < 1 || keys.length > 2 || keys.some((key) => key.asymmetricKeyType !== 'ed25519')) {
      throw new Error(`it has ${keys.length} keys`)
    }
    return { connection: keys[0], signing: keys[1] ?? null }
  } catch (cause) {
    throw serviceError('SECRET_INVALID', `${path} is no file of keys: ${(cause as Error).message}. ${REMEDY}`, {
      cause,
    })
  }
}

/**
 * Whether keys are those of a member as the manifest has it.
 *
 * @param certificate of the member, DER in base64
 * @param publicKey that it signs with; null for the enforcer
 * @throws {VigilError} TEAM_INVALID
 */
export function assertOwnKeys(
  { signing, connection }: MemberKeys,
  { certificate, publicKey }: { readonly certificate: string; readonly publicKey: string | null },
): void {
  let isOwn: boolean
  try {
    isOwn = new X509Certificate(Buffer.from(certificate, 'base64')).checkPrivateKey(connection)
  } catch (cause) {
    throw serviceError(
      'TEAM_INVALID',
      `The manifest has a certificate that is none: ${(cause as Error).message}. Give the manifest as service:team-create has made it.`,
      {
        cause,
      },
    )
  }
  if (isOwn && (signing === null ? null : rawPublicKey(signing)) === publicKey) return
  throw serviceError('TEAM_INVALID', 'The keys are those of another member. Give each the file with its own name.')
}

async function writeKeys(path: string, { signing, connection }: MemberKeys): Promise<void> {
  const keys = signing === null ? [connection] : [connection, signing]
  await writeFileAtomically(path, keys.map((key) => key.export({ format: 'pem', type: 'pkcs8' })).join(''), KEY_MODE)
}

function newKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

/** 64 hex digits: the 32 bytes of RFC 8032. */
function rawPublicKey(privateKey: KeyObject): string {
  return Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url').toString('hex')
}
