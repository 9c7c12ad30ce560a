import { lstat, open, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'

/** Only a file that is replaced again and again between two looks at it needs a second attempt. */
const ATTEMPTS = 20

/** SQLITE_BUSY and SQLITE_LOCKED: another process has the file. */
const BUSY = [5, 6]

/** A lock that is held, or in words who else holds it. */
export type FileLock = { readonly release: () => Promise<void>; readonly holder: null } | { readonly holder: string }

/**
 * Takes a lock of the operating system on a file that is there for nothing else; `FILE-holder` beside it tells who has it. The
 * system gives it back when the process ends, however it ends, and knows no process by its number: what is right between
 * containers that share a folder, and after a restart. Between hosts it is as right as the locks of the file system that they share.
 *
 * The lock is SQLite's, for Node.js has no other: the file is an empty database, opened exclusively and never written.
 * A process must not open the file otherwise while it holds it: closing that would give the lock back (POSIX).
 *
 * @param lock the file, which is made where it is missing; its folder must exist
 * @throws what the file system says where it has no locks, or cannot be written to
 */
export async function lockFile(lock: string): Promise<FileLock> {
  const holder = `${lock}-holder`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await emptyFile(lock)
    const database = openExclusively(lock)
    if (database === null) return { holder: await holderIn(holder) }
    // Whoever held it may have removed the file after it was opened here: then this lock is on a file without a name.
    if ((await inodeOf(lock)) !== before) {
      database.close()
      continue
    }
    try {
      await rm(holder, { force: true })
      await writeFile(holder, `process ${process.pid} on ${hostname()}\n`, { flag: 'wx' })
    } catch (error) {
      database.close()
      throw error
    }
    const release = async () => {
      // While it is still held: who opened the file before it was removed sees that another one has taken its place.
      await rm(holder, { force: true })
      await rm(lock, { force: true })
      database.close()
    }
    return { release, holder: null }
  }
  throw new Error(`${lock} is replaced again and again`)
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

async function holderIn(path: string): Promise<string> {
  const words = await readFile(path, 'utf8').catch(() => '')
  return /^process \d{1,10} on [\w.-]{1,255}\n$/.test(words) ? words.trim() : 'another process'
}
