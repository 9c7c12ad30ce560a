import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { systemReason } from '@vigil/command-line'
import { serviceError } from '../errors.ts'
import { createLineCutter, type InputLine } from '../input-lines.ts'
import type { FilePlace } from '../serve/state-file.ts'
import { ageOf, fileAfter, inodeAt, MARK_BYTES, markBefore, pathOf } from './rotated-files.ts'

/** How a file is followed. */
export type FollowSettings = {
  /** where to go on; null = at the beginning of the file */
  readonly from: FilePlace | null
  /** the last line that was taken, behind `from`: where another line has its number the file was written anew; without it none was */
  readonly known?: KnownLine
  /** asks for an end */
  readonly stop: AbortSignal
  /** between two looks at a file that has no more lines, in milliseconds */
  readonly pollMs?: number
  /** called with a sentence on what befell the file */
  readonly note: (text: string) => void
  /** called whenever a file is begun, before its first line is read */
  readonly onOpen?: (place: () => Promise<FilePlace>) => Promise<void>
  /** called when all lines so far have been taken; nothing is read before it has ended */
  readonly onTaken: (place: () => Promise<FilePlace>) => Promise<void>
}

/** A line that was taken, by another process. */
type KnownLine = { readonly number: number; readonly is: (line: InputLine) => boolean }

const PIECE_BYTES = 65_536
const POLL_MS = 250
/** Looks at a file that has been renamed, without more lines, before the one in its place is read: whoever writes learns of it later. */
const QUIET_LOOKS = 8

/** The file that is read now. */
type OpenFile = {
  readonly handle: FileHandle
  readonly inode: string
  readonly begin: FileBegin
  at: number
  latest: Buffer
}

/** Where the reading of a file began: what is behind it is other than what was read when it is read again from there. */
type FileBegin = { readonly at: number; readonly latest: Buffer }
const START: FileBegin = { at: 0, latest: Buffer.alloc(0) }

/**
 * The lines of a file as others add them, as `tail -F` shows them. A last line without an end waits for it. Where the file is renamed and another
 * takes its place, the old one is read to its end first, and then those that had its place in between; where it is cut, or written anew, it is read from its
 * beginning. Half a line at the end of an old one, which is no whole JSON, is told of and passed over.
 *
 * @example
 * for await (const lines of followFile('events.jsonl', settings)) decide(lines)
 *
 * @returns lines that have come together; until an end is asked for
 * @throws {VigilError} SOURCE_UNREADABLE
 */
export async function* followFile(path: string, settings: FollowSettings): AsyncGenerator<InputLine[]> {
  const { from, known, stop, pollMs = POLL_MS, note, onOpen, onTaken } = settings
  let cutter = createLineCutter(from?.lines)
  /** the known line, until it has been read again */
  let toMeet = known !== undefined && known.number > cutter.lineCount ? known : null
  /** What comes now are other lines than those that are known. */
  const beginAnew = () => {
    // Lines that were cut behind the one that is missing were given to nobody.
    cutter = createLineCutter(toMeet?.number ?? Math.max(cutter.lineCount, known?.number ?? 0))
    toMeet = null
  }
  const wait = async () => void (await pause(pollMs, undefined, { signal: stop }).catch(() => undefined))
  const waiting = { note, wait, stop }
  let file = from === null ? await openAt(async () => path, waiting) : await openAgain(path, from, waiting, beginAnew)
  const place = async (): Promise<FilePlace> => {
    const offset = file!.at - cutter.keptBytes
    return { inode: file!.inode, offset, lines: cutter.lineCount, mark: await markBefore(file!.handle, offset) }
  }
  const rewind = async ({ handle, inode }: OpenFile, begin: FileBegin) => {
    note(`${path} was cut or written anew: it is read from ${begin.at === 0 ? 'its beginning' : `byte ${begin.at} on`}`)
    beginAnew()
    file = { handle, inode, begin, ...begin }
    await onOpen?.(place)
  }
  const skipped = (name: string) =>
    note(`${name} is compressed: its events, which came between those that are read, are lost`)
  try {
    if (file !== null) await onOpen?.(place)
    let quiet = 0
    while (file !== null && !stop.aborted) {
      const piece = await nextPiece(file)
      if (piece === 'rewritten') {
        await rewind(file, START)
        continue
      }
      const isLast = piece === null && quiet === QUIET_LOOKS
      const half = () => note(`the file that was ${path} ends with half a line, which is passed over`)
      const lines = piece !== null ? cutter.take(piece) : isLast ? wholeLines(cutter.end(), half) : []
      if (toMeet !== null && isIn(lines, toMeet)) toMeet = null
      // The known line was whole, in this file or in one that has taken its place.
      const isPassed = toMeet !== null && cutter.lineCount >= toMeet.number
      if (isPassed || (toMeet !== null && piece === null && (await inodeAt(path)) === file.inode)) {
        await rewind(file, file.begin)
        continue
      }
      if (lines.length > 0) yield lines
      if (isLast) {
        const age = ageOf(await file.handle.stat({ bigint: true }))
        await file.handle.close()
        file = await openAt(async () => await fileAfter(path, age, skipped), waiting)
        if (file !== null) await onOpen?.(place)
        quiet = 0
        continue
      }
      // Until then what is read may be of another file than what is known.
      if (toMeet === null) await onTaken(place)
      if (piece !== null) {
        quiet = 0
        continue
      }
      quiet = [null, file.inode].includes(await inodeAt(path)) ? 0 : quiet + 1
      await wait()
    }
    if (file !== null && toMeet === null) await onTaken(place)
  } finally {
    await file?.handle.close()
  }
}

function isIn(lines: readonly InputLine[], { number, is }: KnownLine): boolean {
  return lines.some((line) => line.number === number && is(line))
}

/** A last line without an end is one where it is whole JSON. */
function wholeLines(lines: readonly InputLine[], isHalf: () => void): InputLine[] {
  return lines.filter(({ text }) => {
    try {
      JSON.parse(text ?? '')
      return true
    } catch {
      isHalf()
      return false
    }
  })
}

/** The bytes that were added; null = none, 'rewritten' = those before them are not there any more. */
async function nextPiece(file: OpenFile): Promise<Buffer | 'rewritten' | null> {
  const { handle, at, latest } = file
  const from = at - latest.length
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(latest.length + PIECE_BYTES), 0, null, from)
  const bytes = buffer.subarray(0, bytesRead)
  if (!bytes.subarray(0, latest.length).equals(latest)) return 'rewritten'
  if (bytesRead === latest.length) return null
  file.at = from + bytesRead
  file.latest = Buffer.from(bytes.subarray(Math.max(0, bytesRead - MARK_BYTES)))
  return bytes.subarray(latest.length)
}

/** How a file is waited for. */
type Waiting = Pick<FollowSettings, 'note' | 'stop'> & { readonly wait: () => Promise<void> }

/** Opens the file that was read last where it is to be gone on, and where it is gone the one at the path. */
async function openAgain(
  path: string,
  from: FilePlace,
  waiting: Waiting,
  isAnother: () => void,
): Promise<OpenFile | null> {
  const known = await pathOf(path, from)
  if (known === null) {
    isAnother()
    waiting.note(`the file that was read last is not beside ${path} any more: what was added to it since then is lost`)
  }
  const file = await openAt(async () => known ?? path, waiting)
  if (file === null || known === null) return file
  const begin = { at: from.offset, latest: Buffer.from(from.mark, 'base64') }
  return { ...file, begin, ...begin }
}

/** Opens a file at its beginning; waits until there is one. @returns null where an end is asked for */
async function openAt(locate: () => Promise<string>, { note, wait, stop }: Waiting): Promise<OpenFile | null> {
  for (let isTold = false; !stop.aborted; await wait()) {
    const path = await locate()
    const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null
      throw unreadable(path, systemReason(cause), cause)
    })
    if (handle === null) {
      if (!isTold) note(`${path} is not there: it is waited for`)
      isTold = true
      continue
    }
    const own = await handle.stat({ bigint: true })
    if (!own.isFile()) {
      await handle.close()
      throw unreadable(path, 'it is no file')
    }
    return { handle, inode: ageOf(own).inode, begin: START, ...START }
  }
  return null
}

function unreadable(path: string, reason: string, cause?: unknown): Error {
  return serviceError(
    'SOURCE_UNREADABLE',
    `${path} cannot be followed: ${reason}. Name a file that events are added to.`,
    {
      cause,
    },
  )
}
