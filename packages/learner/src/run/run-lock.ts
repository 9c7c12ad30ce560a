import { readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as passTime } from 'node:timers/promises'
import { ConfigError } from '../config/errors.ts'
import { makeFolder } from './run-folder.ts'

/** Folders that this process has locked: who holds one may ask for it again. */
const held = new Set<string>()

/** How long another process may take to write its number into the file that it has made. */
const WRITING_MS = 200

/**
 * Keeps other processes from training in a run folder at the same time, by a file `.lock` with the number of this one.
 * The folder is made where it is missing. The lock of a process that is no more is taken over.
 *
 * @returns gives the folder back, and removes it where nothing else has come into it
 * @throws {ConfigError} IN_USE naming the process that has it, RUN_FOLDER when nothing can be written there
 */
export async function lockRunFolder(path: string): Promise<() => Promise<void>> {
  const folder = resolve(path)
  if (held.has(folder)) return async () => undefined
  const lock = join(folder, '.lock')
  await makeLock(folder, lock)
  held.add(folder)
  return async () => {
    held.delete(folder)
    await rm(lock, { force: true })
    await rmdir(folder).catch(() => undefined) // as a rule it holds a run now
  }
}

async function makeLock(folder: string, lock: string): Promise<void> {
  try {
    await makeFolder(folder)
    if (await isMade(lock)) return
    const owner = await ownerOf(lock)
    if (owner !== null && isAlive(owner)) throw inUse(folder, lock, owner)
    // Two may find the same dead lock: what was moved away must be that one, not the fresh lock of the other.
    const aside = `${lock}.${process.pid}`
    await rename(lock, aside).catch(ignoreMissing)
    const moved = await ownerOf(aside)
    if (moved !== owner && moved !== null) {
      await rename(aside, lock)
      throw inUse(folder, lock, moved)
    }
    await rm(aside, { force: true })
    if (!(await isMade(lock))) throw inUse(folder, lock, await ownerOf(lock))
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(
      'RUN_FOLDER',
      `The run folder ${folder} cannot be used: ${(cause as Error).message}. Give another --out.`,
    )
  }
}

/** Makes the file; false where there is one. */
async function isMade(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}

/** The process that a lock names; null where there is no lock, or one without a number, as a power failure leaves it. */
async function ownerOf(lock: string): Promise<number | null> {
  for (const waitMs of [0, WRITING_MS]) {
    await passTime(waitMs)
    const text = await readFile(lock, 'utf8').catch(ignoreMissing)
    if (text === undefined) return null
    if (/^\d+\n$/.test(text)) return Number(text)
  }
  return null
}

function isAlive(pid: number): boolean {
  // Not held by this process, so the number is that of an earlier one.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function ignoreMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause
}

function inUse(folder: string, lock: string, owner: number | null): ConfigError {
  return new ConfigError(
    'IN_USE',
    `${folder} is in use: process ${owner ?? 'unknown'} trains there. Wait until it has ended; if it is no training, remove ${lock}.`,
  )
}
