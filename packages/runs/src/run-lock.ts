import { lstat, open, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isErrorOf, type VigilError } from '@vigil/errors'
import { RUN_FOLDER_ERRORS, runFolderError } from './errors.ts'
import { makeFolder } from './run-folder.ts'

/** Folders that this process has locked: who holds one may ask for it again. */
const held = new Set<string>()

/** Only a file that is replaced again and again between two looks at it needs a second attempt. */
const ATTEMPTS = 20

/** SQLITE_BUSY and SQLITE_LOCKED: another process has the file. */
const BUSY = [5, 6]

/**
 * Keeps other processes from training in a run folder at the same time, by a lock of the operating system on its file
 * `.lock`. The system gives it back when the process ends, however it ends, and knows no process by its number: what is
 * right between containers that share a folder, and after a restart. Between hosts it is as right as the locks of the file
 * system that they share. The folder is made where it is missing.
 *
 * The lock is SQLite's, for Node.js has no other: `.lock` is an empty database, opened exclusively and never written.
 * A process must not open the file otherwise while it holds it: closing that would give the lock back (POSIX).
 *
 * @returns gives the folder back, and removes it where nothing else has come into it
 * @throws {VigilError} IN_USE naming who has it, RUN_FOLDER when it cannot be locked
 */
export async function lockRunFolder(path: string): Promise<() => Promise<void>> {
  const folder = resolve(path)
  if (held.has(folder)) return async () => undefined
  const lock = join(folder, '.lock')
  const holder = join(folder, '.lock-holder')
  const database = await lockFile(folder, { lock, holder })
  held.add(folder)
  return async () => {
    held.delete(folder)
    // While it is still held: who opened the file before it was removed sees that another one has taken its place.
    await rm(holder, { force: true })
    await rm(lock, { force: true })
    database.close()
    await rmdir(folder).catch(() => undefined) // as a rule it holds a run now
  }
}

async function lockFile(folder: string, files: { lock: string; holder: string }): Promise<DatabaseSync> {
  const { lock, holder } = files
  try {
    await makeFolder(folder)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await emptyFile(lock)
      const database = openExclusively(lock)
      if (database === null) throw await inUse(folder, holder)
      // Whoever held it may have removed the file after it was opened here: then this lock is on a file without a name.
      if ((await inodeOf(lock)) !== before) {
        database.close()
        continue
      }
      await rm(holder, { force: true })
      await writeFile(holder, `process ${process.pid} on ${hostname()}\n`, { flag: 'wx' })
      return database
    }
    throw new Error(`${lock} is replaced again and again`)
  } catch (cause) {
    if (isErrorOf(RUN_FOLDER_ERRORS, cause)) throw cause
    throw runFolderError(
      'RUN_FOLDER',
      `The run folder ${folder} cannot be locked: ${(cause as Error).message}. Give another --out, on a file system that can be written to and that has locks.`,
    )
  }
}

/** Makes the lock's file where it is missing. SQLite shall read nothing that somebody else has written. */
async function emptyFile(lock: string): Promise<bigint | null> {
  for (const suffix of ['-journal', '-wal', '-shm']) await rm(`${lock}${suffix}`, { force: true })
  const found = await lstat(lock).catch(() => null)
  if (found !== null && !(found.isFile() && found.size === 0)) await rm(lock)
  await open(lock, 'a').then((file) => file.close())
  return await inodeOf(lock)
}

/** null where there is no such file. */
async function inodeOf(path: string): Promise<bigint | null> {
  return await lstat(path, { bigint: true }).then(
    ({ ino }) => ino,
    () => null,
  )
}

/** null where another process has it. */
function openExclusively(lock: string): DatabaseSync | null {
  const database = new DatabaseSync(lock)
  try {
    database.exec('PRAGMA journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (BUSY.includes((error as { errcode?: number }).errcode ?? 0)) return null
    throw error
  }
}

async function inUse(folder: string, holder: string): Promise<VigilError> {
  const words = await readFile(holder, 'utf8').catch(() => '')
  const named = /^process \d{1,10} on [\w.-]{1,255}\n$/.test(words) ? words.trim() : 'another process'
  return runFolderError(
    'IN_USE',
    `${folder} is in use: ${named} trains there, and has it locked. Wait until it has ended, or stop it.`,
  )
}
