import { X509Certificate } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { formatCounted, readingRemedy, systemReason } from '@vigil/command-line'
import { serviceError } from './errors.ts'

export const TOKEN_LENGTH_MIN = 16

/** Longest file of private keys. */
const KEY_BYTES_MAX = 4096

/** Text that nobody else may know. @throws {VigilError} SECRET_INVALID */
export async function readSecret(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: Error) => {
    throw serviceError('SECRET_INVALID', `${path} cannot be read: ${systemReason(cause)}. ${readingRemedy(cause)}`, {
      cause,
    })
  })
}

/**
 * Text that nobody but its owner can read or replace.
 *
 * @param remedy what to do where it is not so
 * @throws {VigilError} SECRET_INVALID
 */
export async function readOwnSecret(path: string, remedy: string): Promise<string> {
  const refuse = (what: string, cause?: unknown) =>
    serviceError('SECRET_INVALID', `${path} ${what}. ${remedy}`, { cause })
  const file = await open(path).catch((cause: Error) => {
    throw refuse(`cannot be read: ${systemReason(cause)}`, cause)
  })
  try {
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0) throw refuse(`may be read by others (mode ${(mode & 0o777).toString(8)})`)
    if (size > KEY_BYTES_MAX) throw refuse(`has ${size} bytes, more than ${KEY_BYTES_MAX}`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** What clients must know. @throws {VigilError} SECRET_INVALID */
export async function readToken(path: string): Promise<string> {
  const token = (await readSecret(path)).trim()
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= TOKEN_LENGTH_MIN) return token
  throw serviceError(
    'SECRET_INVALID',
    `${path} needs a token of ${TOKEN_LENGTH_MIN} characters or more, letters, digits and signs of ASCII without blanks, and has ${formatCounted(token.length, 'character')}${token.length < TOKEN_LENGTH_MIN ? '' : ', others among them'}. Make one with "openssl rand -hex 32".`,
  )
}

/** What a service shows its clients, and by what it knows them, as PEM. */
export type TlsFiles = { readonly cert: string; readonly key: string; readonly ca: string | null }

/** @param paths of the files; `ca` null = clients need no certificate @throws {VigilError} SECRET_INVALID */
export async function readTls(paths: TlsFiles): Promise<TlsFiles> {
  const [cert, key] = [await readSecret(paths.cert), await readSecret(paths.key)]
  assertPem(`${paths.cert} with ${paths.key}`, 'a certificate with its key', () => createSecureContext({ cert, key }))
  if (paths.ca === null) return { cert, key, ca: null }
  const ca = await readSecret(paths.ca)
  assertPem(paths.ca, 'a certificate', () => new X509Certificate(ca))
  return { cert, key, ca }
}

function assertPem(path: string, what: string, parse: () => unknown): void {
  try {
    parse()
  } catch (cause) {
    throw serviceError(
      'SECRET_INVALID',
      `${path} needs to be ${what} in PEM, and is not (${(cause as Error).message}). Give files that belong together.`,
      { cause },
    )
  }
}
