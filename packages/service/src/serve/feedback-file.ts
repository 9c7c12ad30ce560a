import { type FileHandle, open } from 'node:fs/promises'
import { appendLine } from '@vigil/command-line'
import type { RawEvent } from '@vigil/features'
import { serviceError } from '../errors.ts'

const LF = 10
/** Bytes that are looked at from the end at a time. */
const TAIL_BYTES = 65536

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
   * @throws {VigilError} FILE_UNWRITABLE
   */
  append(verdicts: readonly KeptVerdict[]): Promise<void>
}

/**
 * Opens a file of verdicts, which is made with the first one. A line that a process left unfinished was told to nobody, and is cut off.
 *
 * @param now milliseconds since 1970
 * @throws {VigilError} FEEDBACK_FILE
 */
export async function openFeedbackFile(path: string, now: () => number = Date.now): Promise<FeedbackFile> {
  await cutUnfinishedLine(path)
  let last: Promise<void> = Promise.resolve()
  return {
    append(verdicts) {
      const at = new Date(now()).toISOString()
      const lines = verdicts.map((verdict) => writtenVerdict(verdict, at)).join('\n')
      // One after another, and one that cannot be written keeps nobody else from writing.
      const own = last.then(async () => await appendLine(path, lines))
      last = own.catch(() => undefined)
      return own
    },
  }
}

/** The columns of the stream and `id` stand outside, so that events can be joined on them. */
function writtenVerdict({ event, stream, isHostile }: KeptVerdict, at: string): string {
  return JSON.stringify({ ...(event === null ? {} : { id: event }), ...stream, verdict: { hostile: isHostile, at } })
}

async function cutUnfinishedLine(path: string): Promise<void> {
  let file: FileHandle | null = null
  try {
    file = await open(path, 'r+')
    const { size } = await file.stat()
    const end = await endOfLines(file, size)
    if (end < size) await file.truncate(end)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw serviceError(
      'FEEDBACK_FILE',
      `${path} cannot be used for verdicts: ${(cause as Error).message}. Give a file that can be written to, by --feedback=FILE.`,
      { cause },
    )
  } finally {
    await file?.close()
  }
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
