/**
 * Publishes the decisions of a folder, from its file, to a subject: whoever decides waits for no server. How many lines the server has is
 * kept beside them, so that another process goes on there. What it had published since then it publishes again under the same names, by
 * which the server knows them within its duplicate window.
 */
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { writeFileAtomically } from '@vigil/command-line'
import { readRunFile } from '@vigil/runs'
import { z } from 'zod'
import { serviceError } from '../errors.ts'
import type { DecisionLog } from './decision-log.ts'

const LF = 10
const PIECE_BYTES = 2 ** 20
/** Lines that are under way at a time. */
const TOGETHER_MAX = 256
const CURSOR_BYTES_MAX = 200

/** What has been published: so many lines, which take so many bytes of the file. */
const cursorSchema = z.strictObject({ rows: z.int().min(0), bytes: z.int().min(0) })
type Cursor = z.infer<typeof cursorSchema>

/** What publishes a file of decisions. */
export type PublishingSettings = {
  readonly decisions: Pick<DecisionLog, 'rows'>
  /** file of the decisions, and of how many were published */
  readonly files: { readonly decisions: string; readonly published: string }
  /** Makes messages of lines. @param firstRow of the first, from 0 */
  readonly render: (lines: readonly string[], firstRow: number) => Promise<readonly string[]>
  /** Resolves when the server has stored the messages; false where an end was asked for before. */
  readonly publish: (messages: readonly string[], firstRow: number) => Promise<boolean>
  /** how long the server is waited for where an end is asked for, in milliseconds */
  readonly endMs: number
}

/** A file of decisions that is published. */
export type Publishing = {
  /** Rejects where something cannot be published: JETSTREAM_REFUSED, SUBJECT_MISSING, FILE_UNWRITABLE. */
  readonly failed: Promise<never>
  /** There are more lines. */
  wake(): void
  /** Resolves when the server has all lines; where an end is asked for, `endMs` later at most. */
  finish(stop: AbortSignal): Promise<void>
  /** Resolves when nothing is under way any more. `publish` must have been told to end. */
  close(): Promise<void>
}

/** Begins to publish. @throws {VigilError} LOG_INVALID where the file has fewer lines than were published */
export async function startPublishing(settings: PublishingSettings): Promise<Publishing> {
  const { decisions, files, render, publish, endMs } = settings
  let cursor = await readCursor(files, decisions.rows)
  let isClosed = false
  let wake: () => void = () => undefined
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const done = Promise.withResolvers<void>()
  const waiting: (() => void)[] = []

  async function run(): Promise<void> {
    const file = await open(files.decisions, 'r')
    const piece = Buffer.alloc(PIECE_BYTES)
    try {
      while (!isClosed) {
        if (cursor.rows === decisions.rows) {
          for (const resolve of waiting.splice(0)) resolve()
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, cursor.bytes)
        const most = Math.min(TOGETHER_MAX, decisions.rows - cursor.rows)
        const { lines, bytes } = linesOf(piece.subarray(0, bytesRead), most)
        const messages = await render(lines, cursor.rows)
        if (!(await publish(messages, cursor.rows))) return
        cursor = { rows: cursor.rows + lines.length, bytes: cursor.bytes + bytes }
        await writeFileAtomically(files.published, `${JSON.stringify(cursor)}\n`)
      }
    } finally {
      await file.close()
    }
  }

  void run()
    .catch((error) => failure.reject(error))
    .then(() => done.resolve())
  return {
    failed: failure.promise,
    wake: () => wake(),
    async finish(stop) {
      const all = new Promise<void>((resolve) => waiting.push(resolve))
      wake()
      const late = async () => {
        if (!stop.aborted) await once(stop, 'abort')
        await pause(endMs, undefined, { ref: false })
      }
      await Promise.race([all, late(), failure.promise])
    },
    async close() {
      isClosed = true
      wake()
      await done.promise
    },
  }
}

/** The first whole lines of a piece, and how many bytes they take. */
function linesOf(piece: Buffer, most: number): { readonly lines: string[]; readonly bytes: number } {
  const lines: string[] = []
  let at = 0
  for (let end = piece.indexOf(LF); end >= 0 && lines.length < most; end = piece.indexOf(LF, at)) {
    lines.push(piece.toString('utf8', at, end))
    at = end + 1
  }
  return { lines, bytes: at }
}

async function readCursor({ decisions, published }: PublishingSettings['files'], rows: number): Promise<Cursor> {
  const bytes = await readRunFile(published, CURSOR_BYTES_MAX)
  if (bytes === null) return { rows: 0, bytes: 0 }
  const cursor = cursorSchema.safeParse(parsed(bytes.toString('utf8')))
  if (!cursor.success) throw invalid(published, 'does not tell how many decisions were published')
  if (cursor.data.rows > rows || !(await isLineEnd(decisions, cursor.data.bytes)))
    throw invalid(published, `tells of other decisions than those of ${decisions}`)
  return cursor.data
}

async function isLineEnd(path: string, at: number): Promise<boolean> {
  if (at === 0) return true
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, at - 1)
    return bytesRead === 1 && buffer[0] === LF
  } finally {
    await file.close()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function invalid(path: string, reason: string) {
  return serviceError(
    'LOG_INVALID',
    `${path} ${reason}. Remove it to have all decisions published again, under the names that they had.`,
  )
}
