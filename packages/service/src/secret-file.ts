import { open, readFile } from 'node:fs/promises'
import { systemReason } from '@vigil/command-line'
import { serviceError } from './errors.ts'

export const TOKEN_LENGTH_MIN = 16

/** Longest file of private keys. */
const KEY_BYTES_MAX = 4096

/** Text that nobody else may know. @throws {VigilError} SECRET_INVALID */
export async function readSecret(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: Error) => {
    throw serviceError('SECRET_INVALID', `${path} cannot be read: ${systemReason(cause)}.`, { cause })
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
    `${path} needs a token of ${TOKEN_LENGTH_MIN} characters or more without blanks. Make one with "openssl rand -hex 32".`,
  )
}
