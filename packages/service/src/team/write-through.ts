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

/**
 * Refuses to cut off what stands behind the last whole line of a file where that is no half line of JSON.
 *
 * @param first its first byte; undefined = nothing stands there
 * @throws {VigilError} LOG_INVALID
 */
export function assertHalfLine(path: string, first: number | undefined): void {
  // A file may have got its length before its bytes: those are zeros then.
  if (first === undefined || first === BRACE || first === 0) return
  throw serviceError(
    'LOG_INVALID',
    `The last line of ${path} is none of this enforcer's. Give an --out of its own, or the folder as it was.`,
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
