import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { appendLine, syncFolder, systemReason } from '@vigil/command-line'
import { isErrorOf, type VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'
import { lockFile } from '@vigil/runs'
import { requestError, SERVICE_ERRORS, serviceError } from '../errors.ts'

const LF = 10
/** Bytes that are looked at from the end at a time. */
const TAIL_BYTES = 65536
/** Most bytes of the lines that are added together. */
const APPEND_BYTES_MAX = 16 * 2 ** 20

/** Who may read and write a new file: it tells of people. */
const MODE = 0o600

/** A verdict as it is kept. */
export type KeptVerdict = {
  /** `id` of the event that it is on; null where it is on a stream */
  readonly event: string | number | null
  /** Columns of the stream; null where they are not known */
  readonly stream: RawEvent | null
  readonly isHostile: boolean
}

/** A file of verdicts, one line of JSON for each, that only grows. */
export type FeedbackFile = {
  /**
   * Adds verdicts, whole and synced to the disk when it resolves, or none of them.
   *
   * @throws {VigilError} BODY_SIZE where they come to too many bytes, FILE_UNWRITABLE, FEEDBACK_FILE
   */
  append(verdicts: readonly KeptVerdict[]): Promise<void>
  /** Gives the file back when what was given has been added. */
  close(): Promise<void>
}

/**
 * Opens a file of verdicts for this process alone, by a lock on `.FILE.lock` beside it. The file is made with the first verdict. Until then
 * nothing in it changes: a line that a process left unfinished was told to nobody, and is cut off when the first verdict is added.
 *
 * @param now milliseconds since 1970
 * @throws {VigilError} FEEDBACK_FILE where it holds something else, another process has it, or its folder cannot be written to
 */
export async function openFeedbackFile(path: string, now: () => number = Date.now): Promise<FeedbackFile> {
  await inFile(path, async (file) => await assertVerdicts(path, file))
  const lock = await lockFile(join(dirname(path), `.${basename(path)}.lock`)).catch((cause: Error) => {
    throw unusable(path, `its lock cannot be made: ${systemReason(cause)}`, cause)
  })
  if (lock.holder !== null) throw unusable(path, `${lock.holder} adds verdicts to it`)
  let isWhole = false
  let last: Promise<void> = Promise.resolve()
  return {
    async append(verdicts) {
      const lines = writtenVerdicts(verdicts, new Date(now()).toISOString())
      // One after another, and one that cannot be written keeps nobody else from writing.
      const own = last.then(async () => {
        if (!isWhole) await inFile(path, async (file) => await beginBehind(path, file))
        isWhole = true
        await appendLine(path, lines, MODE)
      })
      last = own.catch(() => undefined)
      await own
    },
    async close() {
      await last
      await lock.release()
    },
  }
}

/** Lines without the last line break. @throws {VigilError} BODY_SIZE */
function writtenVerdicts(verdicts: readonly KeptVerdict[], at: string): string {
  const lines: string[] = []
  let bytes = 0
  for (const verdict of verdicts) {
    const line = writtenVerdict(verdict, at)
    bytes += Buffer.byteLength(line) + 1
    if (bytes > APPEND_BYTES_MAX) {
      throw requestError(
        'BODY_SIZE',
        `Verdicts: need at most ${APPEND_BYTES_MAX} bytes with the columns of their streams, received more. Send fewer at once.`,
      )
    }
    lines.push(line)
  }
  return lines.join('\n')
}

/** The columns of the stream and `id` stand outside, so that events can be joined on them. */
function writtenVerdict({ event, stream, isHostile }: KeptVerdict, at: string): string {
  return JSON.stringify({ ...(event === null ? {} : { id: event }), ...stream, verdict: { hostile: isHostile, at } })
}

/** Acts on a file where it is there. @throws {VigilError} FEEDBACK_FILE */
async function inFile(path: string, act: (file: FileHandle) => Promise<void>): Promise<void> {
  let file: FileHandle | null = null
  try {
    file = await open(path, 'r+')
    await act(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw isErrorOf(SERVICE_ERRORS, cause) ? cause : unusable(path, systemReason(cause), cause)
  } finally {
    await file?.close()
  }
}

/** What does not begin with a verdict is somebody else's file. */
async function assertVerdicts(path: string, file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  if (size === 0) return
  const text = await textIn(file, 0, Math.min(size, APPEND_BYTES_MAX))
  if (!isVerdict(jsonIn(text.split('\n', 1)[0]))) throw unusable(path, 'its first line is no verdict')
}

/** What an earlier process has left counts with what is added to it: its name is on the disk, too. */
async function beginBehind(path: string, file: FileHandle): Promise<void> {
  await endLastLine(file)
  await syncFolder(dirname(path))
}

/** Ends the last line where it is whole, and cuts it off where it is not. */
async function endLastLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  const end = await endOfLines(file, size)
  if (end === size) return
  const isWhole = size - end <= APPEND_BYTES_MAX && isVerdict(jsonIn(await textIn(file, end, size)))
  if (isWhole) await file.write('\n', size)
  else await file.truncate(end)
}

function isVerdict(value: unknown): boolean {
  const { verdict } = (value ?? {}) as { readonly verdict?: { readonly hostile?: unknown } | null }
  return typeof verdict?.hostile === 'boolean'
}

/** undefined of what is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function textIn(file: FileHandle, from: number, to: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
  return buffer.toString('utf8', 0, bytesRead)
}

/** Bytes up to the end of the last whole line. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const from = Math.max(0, end - TAIL_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - from), 0, end - from, from)
    const at = buffer.subarray(0, bytesRead).lastIndexOf(LF)
    if (at >= 0) return from + at + 1
  }
  return 0
}

function unusable(path: string, reason: string, cause?: unknown): VigilError {
  return serviceError(
    'FEEDBACK_FILE',
    `${path} cannot be used for verdicts: ${reason}. Give a file of this service's own, new or of verdicts, in a folder that can be written to, by --feedback=FILE.`,
    { cause },
  )
}
