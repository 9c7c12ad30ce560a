/**
 * Hands the decisions of a folder on, from its file, in their order: whoever decides waits for nobody who takes them, and what is not taken
 * yet takes no memory.
 */
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { DecisionLog } from './decision-log.ts'

const LF = 10
const PIECE_BYTES = 2 ** 20

/** So many lines of the file, which take so many bytes. */
export type LinePlace = { readonly rows: number; readonly bytes: number }

/** What hands decisions on. */
export type HandOnSettings = {
  readonly decisions: Pick<DecisionLog, 'rows'>
  /** file of the decisions */
  readonly path: string
  /** behind the lines that were handed on before */
  readonly from: LinePlace
  /** lines that are under way at a time */
  readonly linesMax: number
  /** Makes messages of lines. @param firstRow of the first, from 0 */
  readonly render: (lines: readonly string[], firstRow: number) => Promise<readonly string[]>
  /** Resolves when the messages are taken; false where an end was asked for before. */
  readonly take: (messages: readonly string[], firstRow: number) => Promise<boolean>
  /** Keeps how far it is. */
  readonly keep: (place: LinePlace) => Promise<void>
  /** how long is waited where an end is asked for, in milliseconds */
  readonly endMs: number
}

/** A file of decisions that is handed on. */
export type HandingOn = {
  /** Rejects with whatever a line cannot be handed on for. */
  readonly failed: Promise<never>
  /** lines that are decided and not taken yet */
  readonly waiting: number
  /** There are more lines. */
  wake(): void
  /** Resolves when all lines are taken; where an end is asked for, `endMs` later at most. */
  finish(stop: AbortSignal): Promise<void>
  /** Resolves when nothing is under way any more. `take` must have been told to end. */
  close(): Promise<void>
}

/** Begins to hand on. */
export function handOn({ decisions, path, from, linesMax, render, take, keep, endMs }: HandOnSettings): HandingOn {
  let place = from
  let isClosed = false
  let wake: () => void = () => undefined
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  const done = Promise.withResolvers<void>()
  const waiting: (() => void)[] = []

  async function run(): Promise<void> {
    const file = await open(path, 'r')
    const piece = Buffer.alloc(PIECE_BYTES)
    try {
      while (!isClosed) {
        if (place.rows === decisions.rows) {
          for (const resolve of waiting.splice(0)) resolve()
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, place.bytes)
        const most = Math.min(linesMax, decisions.rows - place.rows)
        const { lines, bytes } = linesOf(piece.subarray(0, bytesRead), most)
        const messages = await render(lines, place.rows)
        if (!(await take(messages, place.rows))) return
        place = { rows: place.rows + lines.length, bytes: place.bytes + bytes }
        await keep(place)
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
    get waiting() {
      return decisions.rows - place.rows
    },
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
