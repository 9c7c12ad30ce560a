/**
 * A file of records to which one process adds, each on stable storage before `append` returns:
 *
 *   bytes 0-7  "vigillog"
 *   then, for every record: length u32, check of length u32, content, check of content u32; little-endian
 *
 * A check is the CRC-32 that goes on from the check before it, so that records can neither be left out nor change places. The
 * last record may be torn where a process or the power ended: it was never said to be stored, and is cut off. Anything else
 * that does not fit ends with LOG_INVALID: what follows cannot be told from what was.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { VigilError } from '@vigil/errors'
import { serviceError } from '../errors.ts'
import { keepSound, logUnwritable, writeThrough } from './write-through.ts'

const MAGIC = Buffer.from('vigillog')
const HEAD_BYTES = 8
const CHECK_BYTES = 4

/** Longest record. */
const RECORD_BYTES_MAX = 2 ** 26

/** A log that is open. */
export type RecordLog = {
  /** bytes of the file */
  readonly size: number
  /**
   * Stores a record.
   *
   * @returns where it begins, for `read`
   * @throws {VigilError} LOG_UNWRITABLE; nothing of it stays, and the log takes no more
   */
  append(content: Uint8Array): Promise<number>
  /** The record that begins there. @throws {VigilError} LOG_INVALID */
  read(at: number): Promise<Buffer>
  close(): Promise<void>
}

/**
 * Opens a log, or makes one.
 *
 * @param onRecord is given every whole record, from the first on
 * @throws {VigilError} LOG_INVALID, LOG_UNWRITABLE
 */
export async function openRecordLog(path: string, onRecord: (content: Buffer, at: number) => void): Promise<RecordLog> {
  const file = await open(path, 'a+', 0o600)
    .then(async (made) => {
      await made.close()
      return await open(path, 'r+')
    })
    .catch((cause: Error) => {
      throw logUnwritable(path, cause)
    })
  try {
    const { end, check } = await readAll(file, path, onRecord)
    await keepSound(path, file.fd, end)
    return logOn(file, path, { end, check })
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * The whole records of a log, which is not changed: one that is torn at the end is left out.
 *
 * @throws {VigilError} LOG_INVALID
 */
export async function* recordsIn(path: string): AsyncGenerator<Buffer> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  if (!(await bytesAt(file, 0, MAGIC.length)).equals(MAGIC)) throw invalid(path, 'it does not begin as a log')
  let check = crc32(MAGIC)
  for (let at = MAGIC.length; at < size; ) {
    const record = await recordAt(file, path, { at, size, check })
    if (record === null) return
    yield record.content
    at += HEAD_BYTES + record.content.length + CHECK_BYTES
    check = record.check
  }
}

/** The bytes of a log with one record. */
export function recordFile(content: Uint8Array): Buffer {
  return Buffer.concat([MAGIC, recordOf(content, crc32(MAGIC)).record])
}

function recordOf(content: Uint8Array, before: number): { readonly record: Buffer; readonly check: number } {
  const record = Buffer.allocUnsafe(HEAD_BYTES + content.length + CHECK_BYTES)
  record.writeUInt32LE(content.length, 0)
  const headCheck = crc32(record.subarray(0, 4), before)
  record.writeUInt32LE(headCheck, 4)
  record.set(content, HEAD_BYTES)
  const check = crc32(content, headCheck)
  record.writeUInt32LE(check, HEAD_BYTES + content.length)
  return { record, check }
}

async function readAll(
  file: FileHandle,
  path: string,
  onRecord: (content: Buffer, at: number) => void,
): Promise<{ end: number; check: number }> {
  const { size } = await file.stat()
  const magic = await bytesAt(file, 0, Math.min(size, MAGIC.length))
  if (!magic.equals(MAGIC.subarray(0, magic.length))) throw invalid(path, 'it does not begin as a log')
  if (size < MAGIC.length) {
    written(file, path, MAGIC, 0)
    return { end: MAGIC.length, check: crc32(MAGIC) }
  }
  let at = MAGIC.length
  let check = crc32(MAGIC)
  while (at < size) {
    const record = await recordAt(file, path, { at, size, check })
    if (record === null) break
    onRecord(record.content, at)
    at += HEAD_BYTES + record.content.length + CHECK_BYTES
    check = record.check
  }
  return { end: at, check }
}

/** @returns null where the file ends within the record. @throws {VigilError} LOG_INVALID */
async function recordAt(
  file: FileHandle,
  path: string,
  { at, size, check }: { readonly at: number; readonly size: number; readonly check: number },
): Promise<{ content: Buffer; check: number } | null> {
  if (at + HEAD_BYTES > size) return null
  const head = await bytesAt(file, at, HEAD_BYTES)
  const length = head.readUInt32LE(0)
  const headCheck = crc32(head.subarray(0, 4), check)
  if (head.readUInt32LE(4) !== headCheck || length > RECORD_BYTES_MAX) {
    // Where the power failed a file may have got its length before its bytes.
    if (await isZeroFrom(file, at, size)) return null
    throw invalid(path, `the record at byte ${at} has another check`)
  }
  const end = at + HEAD_BYTES + length + CHECK_BYTES
  if (end > size) return null
  const body = await bytesAt(file, at + HEAD_BYTES, length + CHECK_BYTES)
  const content = body.subarray(0, length)
  const bodyCheck = crc32(content, headCheck)
  if (body.readUInt32LE(length) === bodyCheck) return { content, check: bodyCheck }
  if (end === size) return null
  throw invalid(path, `the record at byte ${at} has another check`)
}

function logOn(file: FileHandle, path: string, from: { readonly end: number; readonly check: number }): RecordLog {
  let { end, check } = from
  let failure: VigilError | null = null
  return {
    get size() {
      return end
    },
    async append(content) {
      if (failure !== null) throw failure
      const { record, check: next } = recordOf(content, check)
      const at = end
      try {
        written(file, path, record, at)
      } catch (error) {
        failure = error as VigilError
        await file.truncate(at).catch(() => undefined)
        throw error
      }
      end += record.length
      check = next
      return at
    },
    async read(at) {
      const head = await bytesAt(file, at, HEAD_BYTES)
      const length = head.length === HEAD_BYTES ? head.readUInt32LE(0) : RECORD_BYTES_MAX + 1
      const body = length > RECORD_BYTES_MAX ? head : await bytesAt(file, at + HEAD_BYTES, length + CHECK_BYTES)
      const isWhole = body.length === length + CHECK_BYTES
      if (isWhole && crc32(body.subarray(0, length), head.readUInt32LE(4)) === body.readUInt32LE(length)) {
        return body.subarray(0, length)
      }
      throw invalid(path, `the record at byte ${at} has another check`)
    },
    close: async () => await file.close(),
  }
}

/** @throws {VigilError} LOG_UNWRITABLE */
function written({ fd }: FileHandle, path: string, bytes: Uint8Array, at: number): void {
  try {
    writeThrough(fd, bytes, at)
  } catch (cause) {
    throw logUnwritable(path, cause as Error)
  }
}

/** As many bytes as there are. */
async function bytesAt(file: FileHandle, at: number, count: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(count)
  let read = 0
  while (read < count) {
    const { bytesRead } = await file.read(bytes, read, count - read, at + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return bytes.subarray(0, read)
}

async function isZeroFrom(file: FileHandle, from: number, size: number): Promise<boolean> {
  if (size - from > RECORD_BYTES_MAX + HEAD_BYTES + CHECK_BYTES) return false
  return (await bytesAt(file, from, size - from)).every((byte) => byte === 0)
}

function invalid(path: string, reason: string): VigilError {
  return serviceError(
    'LOG_INVALID',
    `${path} is no whole log: ${reason}. Nothing is decided by it. Move it away to take part as one that has lost its state.`,
  )
}
