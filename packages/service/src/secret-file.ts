import { readFile } from 'node:fs/promises'
import { serviceError } from './errors.ts'

export const TOKEN_LENGTH_MIN = 16

/** Text that nobody else may know. @throws {VigilError} SECRET_INVALID */
export async function readSecret(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: Error) => {
    throw serviceError('SECRET_INVALID', `${path} cannot be read: ${cause.message}.`, { cause })
  })
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
