import { constants } from 'node:fs'
import { access, lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemReason } from '@vigil/command-line'
import { runFileError } from './errors.ts'

/**
 * Makes sure, before any work, that files can be written where they belong: into this folder, by replacing files that are
 * there. A symbolic link is refused, for what is written would come to lie elsewhere; the folder itself may be one.
 *
 * @param folder exists
 * @param files  inside of it, or in a folder in it
 * @param remedy one sentence
 * @throws {VigilError} RUN_FILE_UNWRITABLE naming the file and what is in its way
 */
export async function assertWritable(folder: string, files: readonly string[], remedy: string): Promise<void> {
  const unwritable = (path: string, reason: string) =>
    runFileError('RUN_FILE_UNWRITABLE', `${path} could not be written: ${reason}. ${remedy}`)
  for (const inner of new Set([folder, ...files.map((file) => dirname(file))])) {
    const found = await lstat(inner).catch((cause: NodeJS.ErrnoException) => {
      // Who misses it says it better.
      if (cause.code === 'ENOENT') return null
      throw unwritable(inner, systemReason(cause))
    })
    if (found === null) continue
    if (inner !== folder && found.isSymbolicLink()) throw unwritable(inner, LINK)
    if (!found.isDirectory() && !found.isSymbolicLink()) throw unwritable(inner, 'it is not a folder')
    await access(inner, constants.W_OK).catch((cause: Error) => {
      throw unwritable(inner, systemReason(cause))
    })
  }
  for (const file of files) {
    const found = await lstat(file).catch(() => null)
    if (found === null || found.isFile()) continue
    throw unwritable(file, found.isSymbolicLink() ? LINK : 'what is there is not a file')
  }
}

const LINK = 'it is a symbolic link, and nothing is written through one'
