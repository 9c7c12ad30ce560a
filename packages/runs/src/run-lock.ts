import { rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemReason } from '@vigil/command-line'
import { isErrorOf } from '@vigil/errors'
import { RUN_FOLDER_ERRORS, runFolderError } from './errors.ts'
import { lockFile } from './file-lock.ts'
import { makeFolder } from './run-folder.ts'

/** Folders that this process has locked: who holds one may ask for it again. */
const held = new Set<string>()

/**
 * Keeps other processes from training in a run folder at the same time, by a lock on its file `.lock`. The folder is made where it
 * is missing.
 *
 * @returns gives the folder back, and removes it where nothing else has come into it
 * @throws {VigilError} IN_USE naming who has it, RUN_FOLDER when it cannot be locked
 */
export async function lockRunFolder(path: string): Promise<() => Promise<void>> {
  const folder = resolve(path)
  if (held.has(folder)) return async () => undefined
  const lock = await lockIn(folder)
  if (lock.holder !== null) {
    throw runFolderError(
      'IN_USE',
      `${folder} is in use: ${lock.holder} trains there, and has it locked. Wait until it has ended, or stop it.`,
    )
  }
  held.add(folder)
  return async () => {
    held.delete(folder)
    await lock.release()
    await rmdir(folder).catch(() => undefined) // as a rule it holds a run now
  }
}

async function lockIn(folder: string) {
  try {
    await makeFolder(folder)
    return await lockFile(join(folder, '.lock'))
  } catch (cause) {
    if (isErrorOf(RUN_FOLDER_ERRORS, cause)) throw cause
    throw runFolderError(
      'RUN_FOLDER',
      `The run folder ${folder} cannot be locked: ${systemReason(cause)}. Give another --out, on a file system that can be written to and that has locks.`,
    )
  }
}
