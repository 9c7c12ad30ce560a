import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemReason } from '@vigil/command-line'
import { isErrorOf } from '@vigil/errors'
import { RUN_FILE_ERRORS, runFileError } from './errors.ts'

/** More than any file of a run comes to; a text of twice as many bytes is more than JavaScript holds. */
const BYTES_MAX = 256 * 2 ** 20

/**
 * The bytes of a file of a run, followed where it is a symbolic link. Nothing but a file is read: a pipe would never end.
 *
 * @returns null when there is none
 * @throws {VigilError} RUN_FILE_UNREADABLE when it is something else, too large, or may not be read
 */
export async function readRunFile(path: string, bytesMax = BYTES_MAX): Promise<Buffer | null> {
  const unreadable = (reason: string, cause?: unknown) =>
    runFileError('RUN_FILE_UNREADABLE', `${path} could not be read: ${reason}.`, { cause })
  try {
    // Without O_NONBLOCK opening a pipe would wait for somebody who writes to it.
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const found = await file.stat()
    if (!found.isFile()) throw unreadable(found.isDirectory() ? 'it is a folder' : 'it is not a file')
    if (found.size > bytesMax) throw unreadable(`it has ${found.size} bytes, more than ${bytesMax}`)
    return await file.readFile()
  } catch (cause) {
    if (isErrorOf(RUN_FILE_ERRORS, cause)) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw unreadable(systemReason(cause), cause)
  }
}
