import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrorOf, type VigilError } from '@vigil/errors'
import { COMMAND_ERRORS, commandError } from './errors.ts'
import { systemReason } from './system-error.ts'
import { writeFileAtomically } from './whole-file.ts'

/** What a wrong path looks like to the system; a full or failing disk is no mistake of the user. */
const WRONG_PATH: readonly string[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ENAMETOOLONG']

/**
 * Whether the folder of a file is there and may be written to: asked before long work, not after it.
 *
 * @throws {VigilError} OUTPUT_FILE
 */
export async function assertFileWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((cause: Error) => {
    throw cannotWrite(path, cause)
  })
}

/**
 * Writes a value as JSON so that a reader finds the old file or the whole new one, never a part.
 *
 * @throws {VigilError} OUTPUT_FILE for a path that cannot be written to, {VigilError} for a disk that is full or fails
 */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  try {
    await writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`)
  } catch (error) {
    const cause = isErrorOf(COMMAND_ERRORS, error) ? (error.cause as NodeJS.ErrnoException) : undefined
    if (cause?.code !== undefined && WRONG_PATH.includes(cause.code)) throw cannotWrite(path, cause)
    throw error
  }
}

function cannotWrite(path: string, cause: Error): VigilError {
  return commandError(
    'OUTPUT_FILE',
    `${path} cannot be written: ${systemReason(cause)}. Give a file in a folder that exists and may be written to.`,
  )
}
