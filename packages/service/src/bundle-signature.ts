/**
 * Signed bundles: Ed25519 over the SHA-256 of bundle.json, which has those of all other files, the name of the team and a number. Where
 * keys are trusted a bundle is taken only with the signature of one of them for that team, and with no lower number than the last one that was
 * taken.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { commandError, systemReason, writeFileAtomically } from '@vigil/command-line'
import { type Bundle, lockFile, readBundle, readRunFile } from '@vigil/runs'
import { z } from 'zod'
import { readFingerprinted } from './bundle-fingerprint.ts'
import { serviceError } from './errors.ts'
import { readOwnSecret, readSecret } from './secret-file.ts'

const SIGNATURE_BYTES_MAX = 4096
const KEYS_BYTES_MAX = 65_536
const REMEDY = 'Make keys with "openssl genpkey -algorithm ed25519" and "openssl pkey -pubout"'

/** What a team may be called: the name is on a line of what is signed, and in the name of a file. */
export const TEAM_NAME = /^[A-Za-z0-9._-]{1,64}$/

/** Whoever writes the number has it for a moment. */
const LOCK_LOOK_MS = 20
const LOCK_ATTEMPTS = 250

const signatureSchema = z.strictObject({
  team: z.string().regex(TEAM_NAME),
  number: z.int().min(1),
  /** SHA-256 of bundle.json */
  bundle: z.string().regex(/^[0-9a-f]{64}$/),
  signature: z.string().regex(/^[0-9a-f]{128}$/),
})

/** A bundle by its content, and where it stands among those of its team. */
type Named = { readonly team: string; readonly bundle: string; readonly number: number }

/** Whose bundles are taken. */
export type Trust = {
  /** file of the public keys, PEM */
  readonly keys: string
  /** as the signer calls it: a key may sign the bundles of several teams, none of which takes those of another */
  readonly team: string
  /** file of the number of the bundle at work, which must be writable where a higher one comes */
  readonly number: string
}

/** A bundle that was taken. */
export type TakenBundle = {
  readonly bundle: Bundle
  /** SHA-256 of bundle.json */
  readonly fingerprint: string
  /**
   * The bundle is at work: none from before it is taken any more.
   *
   * @throws {VigilError} BUNDLE_OLD where a later one has been put to work meanwhile, SECRET_INVALID, FILE_UNWRITABLE
   */
  putToWork(): Promise<void>
}

/**
 * Signs the bundle of a run.
 *
 * @param key    file of a private key, PEM
 * @param team   as services name it that shall take the bundle, TEAM_NAME
 * @param number higher than those of all bundles of the team before, also where an earlier bundle is to come back
 * @returns the path of the signature
 * @throws {VigilError} SECRET_INVALID, FILE_UNWRITABLE, and as readBundle
 */
export async function signBundle(
  run: string,
  { key, team, number }: { readonly key: string; readonly team: string; readonly number: number },
): Promise<string> {
  const named = { team, bundle: (await readFingerprinted(run)).fingerprint, number }
  const signature = sign(null, statement(named), await privateKey(key)).toString('hex')
  const file = signatureFile(run)
  await writeFileAtomically(file, `${JSON.stringify({ ...named, signature })}\n`)
  return file
}

/**
 * Takes the bundle of a run; its signature is looked at before anything of it is read.
 *
 * @param trust whose signature it needs; null = all are taken
 * @throws {VigilError} SECRET_INVALID, BUNDLE_UNSIGNED, BUNDLE_FOREIGN, BUNDLE_OLD, and as readBundle
 */
export async function takeBundle(run: string, trust: Trust | null): Promise<TakenBundle> {
  if (trust === null) {
    return { ...(await readFingerprinted(run)), putToWork: async () => undefined }
  }
  const found = await trustedSignature(run, trust)
  assertNotBefore(await lastAtWork(trust), found, run)
  const bundle = await readSigned(run, found)
  return { bundle, fingerprint: found.bundle, putToWork: async () => await keepNumber(trust, found, run) }
}

/**
 * Reads the bundle of a run that is put to no work: it needs the same signature, and may be one from before.
 *
 * @throws {VigilError} SECRET_INVALID, BUNDLE_UNSIGNED, BUNDLE_FOREIGN, and as readBundle
 */
export async function readTrusted(run: string, trust: Trust | null): Promise<Bundle> {
  return trust === null ? await readBundle(run) : await readSigned(run, await trustedSignature(run, trust))
}

/** What a trusted key has signed for the team. */
async function trustedSignature(run: string, trust: Trust): Promise<Named> {
  const keys = await trustedKeys(trust.keys)
  const { signature, ...named } = await readSignature(run)
  if (!keys.some((key) => verify(null, statement(named), key, Buffer.from(signature, 'hex')))) {
    throw foreign(run, `signed by no key in ${trust.keys}`)
  }
  if (named.team !== trust.team) throw foreign(run, `signed for the team ${named.team} and not for ${trust.team}`)
  return named
}

async function readSigned(run: string, { bundle }: Named): Promise<Bundle> {
  return await readBundle(run, (settings) => {
    if (settings !== bundle) throw foreign(run, 'another one than was signed')
  })
}

/** Another service may have put a later one to work since the bundle was taken. @throws {VigilError} BUNDLE_OLD, SECRET_INVALID, FILE_UNWRITABLE */
async function keepNumber(trust: Trust, named: Named, run: string): Promise<void> {
  const isKept = async () => {
    const last = await lastAtWork(trust)
    assertNotBefore(last, named, run)
    return named.number === last?.number
  }
  if (await isKept()) return
  const release = await lockOf(trust.number)
  try {
    if (!(await isKept())) await writeFileAtomically(trust.number, `${JSON.stringify(named)}\n`)
  } finally {
    await release()
  }
}

/** Waits for who writes a file. @throws {VigilError} FILE_UNWRITABLE */
async function lockOf(file: string): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    const lock = await lockFile(`${file}.lock`).catch((cause: Error) => {
      throw unlockable(file, systemReason(cause), cause)
    })
    if (lock.holder === null) return lock.release
    if (attempt === LOCK_ATTEMPTS) throw unlockable(file, `${lock.holder} has it`)
    await setTimeout(LOCK_LOOK_MS)
  }
}

/** @throws {VigilError} BUNDLE_OLD */
function assertNotBefore(last: Named | null, { number, bundle }: Named, run: string): void {
  if (last === null || number > last.number || (number === last.number && bundle === last.bundle)) return
  throw serviceError(
    'BUNDLE_OLD',
    `The bundle of ${run} has number ${number}, and one with number ${last.number} was at work. Sign it with a higher number where it shall come back.`,
  )
}

function statement({ team, number, bundle }: Named): Buffer {
  return Buffer.from(`vigil/bundle/2\nteam ${team}\nnumber ${number}\nbundle ${bundle}\n`)
}

async function readSignature(run: string): Promise<z.infer<typeof signatureSchema>> {
  const bytes = await readRunFile(signatureFile(run), SIGNATURE_BYTES_MAX)
  if (bytes === null) {
    throw serviceError(
      'BUNDLE_UNSIGNED',
      `The bundle of ${run} has no signature. Sign it with "npx nx run service:sign --run=FOLDER --key=FILE --team=NAME --number=N".`,
    )
  }
  const read = signatureSchema.safeParse(parsed(bytes.toString('utf8')))
  if (read.success) return read.data
  throw foreign(run, 'one whose signature is none')
}

/** The bundle that was at work last. @throws {VigilError} SECRET_INVALID */
async function lastAtWork({ number: path, team }: Trust): Promise<Named | null> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw invalidKeys(path, systemReason(cause))
  })
  if (bytes === null) return null
  const read = signatureSchema.omit({ signature: true }).safeParse(parsed(bytes.toString('utf8')))
  if (!read.success) throw invalidKeys(path, 'it does not name the bundle that was at work last')
  if (read.data.team !== team) throw invalidKeys(path, `it is of the team ${read.data.team}, and this one is ${team}`)
  return read.data
}

async function trustedKeys(path: string): Promise<KeyObject[]> {
  const text = (await readSecret(path)).slice(0, KEYS_BYTES_MAX)
  const parts = text.match(/-----BEGIN PUBLIC KEY-----[\w+/=\s]+-----END PUBLIC KEY-----/g) ?? []
  if (parts.length === 0) throw invalidKeys(path, 'it has no public key')
  return parts.map((part) => ed25519(path, () => createPublicKey(part)))
}

async function privateKey(path: string): Promise<KeyObject> {
  const text = await readOwnSecret(path, `${REMEDY}; a private key needs mode 600.`)
  return ed25519(path, () => createPrivateKey(text))
}

function ed25519(path: string, make: () => KeyObject): KeyObject {
  let key: KeyObject
  try {
    key = make()
  } catch (cause) {
    throw invalidKeys(path, (cause as Error).message)
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw invalidKeys(path, `it has a key of the kind ${key.asymmetricKeyType}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function signatureFile(run: string): string {
  return join(run, 'bundle', 'signature.json')
}

function foreign(run: string, what: string) {
  return serviceError(
    'BUNDLE_FOREIGN',
    `The bundle of ${run} is ${what}. Nothing of it was read: look where it came from.`,
  )
}

function unlockable(file: string, what: string, cause?: unknown) {
  return commandError(
    'FILE_UNWRITABLE',
    `${file} could not be written: ${what}. What was there before is unchanged. Have the number kept where it can be, by --trust-number=FILE.`,
    { cause },
  )
}

function invalidKeys(path: string, what: string) {
  return serviceError('SECRET_INVALID', `${path} cannot be used: ${what}. ${REMEDY}.`)
}
