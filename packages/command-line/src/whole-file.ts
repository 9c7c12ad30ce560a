/** Files that are there whole or not at all: every file that Vigil writes is written here. */

import { randomInt } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { VigilError } from '@vigil/errors'
import { commandError } from './errors.ts'
import { systemReason, systemRemedy } from './system-error.ts'

/** Bytes of one write: Node takes less than 2 GiB at a time. */
const WRITE_BYTES_MAX = 64 * 2 ** 20

/** Files that this process is writing now: what is left of them when it ends early is removed. */
const unfinished = new Set<string>()
process.on('exit', () => {
  for (const path of unfinished) removeNow(path)
})

/**
 * Replaces a whole file: a file beside it is written to the end, synced, measured and renamed, and its folder is synced. A
 * reader finds the old content or the new one, never a part, also where the disk is full or the power fails.
 *
 * @param path    the file to replace, a link to a file itself and not what it points to; its folder must exist
 * @param content text (written as UTF-8) or bytes; the bytes stay the caller's
 * @param newMode permissions of a new file, less the umask; a file that is replaced keeps its own
 * @throws {VigilError} FILE_UNWRITABLE; the file is then what it was before
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array, newMode = 0o666): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  // In the same folder: a file can only be renamed within one file system.
  const beside = `${path}.${randomInt(2 ** 47)}`
  unfinished.add(beside)
  try {
    const mode = await modeOf(path)
    const file = await open(beside, 'wx', mode ?? newMode)
    try {
      // What the umask takes away of a new file's mode it would take of an old one's too.
      if (mode !== null) await file.chmod(mode)
      await writeAll(file, bytes, 0)
    } finally {
      await file.close()
    }
    await rename(beside, path)
    unfinished.delete(beside)
    await syncFolder(dirname(path))
  } catch (cause) {
    const rest = await removed(beside)
    throw unwritable(`${path} could not be written`, cause, rest)
  } finally {
    unfinished.delete(beside)
  }
}

/**
 * Adds a line to a file, which is made where it is missing. Where the line cannot be written whole, nothing of it stays,
 * unless another process has written behind it.
 *
 * @param line text without its line break
 * @param newMode permissions of a new file, less the umask
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function appendLine(path: string, line: string, newMode = 0o666): Promise<void> {
  await appendBytes(path, Buffer.from(`${line}\n`), newMode)
}

/** Adds bytes to a file as `appendLine` adds a line. @throws {VigilError} FILE_UNWRITABLE */
export async function appendBytes(path: string, bytes: Uint8Array, newMode = 0o666): Promise<void> {
  let file: FileHandle | null = null
  let before: number | null = null
  try {
    file = await open(path, 'a+', newMode)
    before = (await file.stat()).size
    await writeAll(file, bytes, before)
    if (before === 0) await syncFolder(dirname(path))
  } catch (cause) {
    const cut = before === null || (await cutOwn(file!, before, bytes).catch(isFalse))
    throw unwritable(`${path} could not be extended`, cause, cut ? '' : ' A part of what was added may be in it.')
  } finally {
    await file?.close()
  }
}

/** Takes back what has come of a line, where nothing else has come behind what was there before. @returns whether nothing of it is left */
async function cutOwn(file: FileHandle, before: number, bytes: Uint8Array): Promise<boolean> {
  const { size } = await file.stat()
  const own = bytes.subarray(0, size - before)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(own.length), 0, own.length, before)
  if (before + own.length !== size || bytesRead !== own.length || !buffer.equals(own)) return false
  await file.truncate(before)
  return true
}

/** A write may take a part of what it is given, as of a disk that fills up: the next one then says why. */
async function writeAll(file: FileHandle, bytes: Uint8Array, sizeBefore: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const length = Math.min(bytes.length - written, WRITE_BYTES_MAX)
    const { bytesWritten } = await file.write(bytes, written, length)
    if (bytesWritten === 0) throw new Error(`only ${written} of ${bytes.length} bytes were taken`)
    written += bytesWritten
  }
  await file.sync()
  const { size } = await file.stat()
  if (size !== sizeBefore + bytes.length) {
    throw new Error(`${sizeBefore + bytes.length} bytes were written, but the file has ${size}`)
  }
}

/** Permissions of a file that is replaced; null where there is none. */
async function modeOf(path: string): Promise<number | null> {
  const entry = await lstat(path).catch(() => null)
  return entry?.isFile() ? entry.mode & 0o777 : null
}

/**
 * Waits until the names in a folder are on the disk: a new file is there only with them. Some file systems cannot sync folders, and
 * say so: that is passed over.
 *
 * @throws the error of the system where the disk failed
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  try {
    await folder?.sync()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EIO') throw cause
  } finally {
    await folder?.close()
  }
}

async function removed(path: string): Promise<string> {
  const gone = await rm(path, { force: true }).then(isTrue, isFalse)
  return gone ? '' : ` ${path} is a part of it, and could not be removed.`
}

function removeNow(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Not made yet, or on a file system that is gone.
  }
}

function unwritable(what: string, cause: unknown, rest: string): VigilError {
  const message = `${what}: ${systemReason(cause)}. What was there before is unchanged.${rest} ${systemRemedy(cause)}`
  return commandError('FILE_UNWRITABLE', message, { cause })
}

const isTrue = () => true
const isFalse = () => false
