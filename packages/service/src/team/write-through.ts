/** Logs count as stored when they are on the disk, whole, and under their names. */
import { fdatasyncSync, ftruncateSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder, systemReason, systemRemedy } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { serviceError } from '../errors.ts'

/**
 * Writes bytes to the end and waits until they are on the disk, by calls that keep the thread: whoever waits for both has nothing else
 * to do, and handing short calls to other threads takes longer than the calls.
 *
 * @param at where they begin; a file that is open for appending gets them at its end
 * @throws what the system says
 */
export function writeThrough(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const bytesWritten = writeSync(fd, bytes, done, bytes.length - done, at + done)
    if (bytesWritten === 0) throw new Error('no byte was taken')
    done += bytesWritten
  }
  fdatasyncSync(fd)
}

/**
 * Begins with what is sound of a log: what stands behind it is cut off. The process that wrote the rest, or made the file, may have ended
 * before that was on the disk: when this resolves it is, with the name of the file.
 *
 * @param size bytes that are sound
 * @throws {VigilError} LOG_UNWRITABLE
 */
export async function keepSound(path: string, fd: number, size: number): Promise<void> {
  try {
    ftruncateSync(fd, size)
    fdatasyncSync(fd)
    await syncFolder(dirname(path))
  } catch (cause) {
    throw logUnwritable(path, cause as Error)
  }
}

const BRACE = 0x7b

/** Refuses a line that is none of an enforcer's by its first byte. @throws {VigilError} LOG_INVALID */
export function assertOwnLine(path: string, first: number | undefined): void {
  if (first === BRACE) return
  throw serviceError(
    'LOG_INVALID',
    `A line of ${path} is none of this enforcer's. Give an --out of its own, or the folder as it was.`,
  )
}

/**
 * Refuses to cut off what stands behind the last line end of a file where that is no half line of JSON.
 *
 * @param rest all of it
 * @throws {VigilError} LOG_INVALID, also where it is whole: it may be a proof, or somebody else's
 */
export function assertHalfLine(path: string, rest: Buffer): void {
  // A file may have got its length before its bytes: those are zeros then.
  if (rest.length === 0 || rest[0] === 0) return
  assertOwnLine(path, rest[0])
  const text = rest.toString()
  try {
    JSON.parse(text)
  } catch {
    return
  }
  throw serviceError(
    'LOG_INVALID',
    `The last line of ${path} is whole, but has no line end. Add the line end, or move the file where it is none of this enforcer's.`,
  )
}

/** A log that is not extended. */
export function logUnwritable(path: string, cause: Error): VigilError {
  return serviceError(
    'LOG_UNWRITABLE',
    `${path} could not be extended: ${systemReason(cause)}. Nothing is done that is not stored. ${systemRemedy(cause)}`,
    { cause },
  )
}
