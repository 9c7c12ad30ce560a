import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { serviceError } from '../errors.ts'
import { createLineCutter, type InputLine } from '../input-lines.ts'
import type { FilePlace } from '../serve/state-file.ts'

/** How a file is followed. */
export type FollowSettings = {
  /** where to go on; null = at the beginning of the file */
  readonly from: FilePlace | null
  /** asks for an end */
  readonly stop: AbortSignal
  /** between two looks at a file that has no more lines, in milliseconds */
  readonly pollMs?: number
  /** called with a sentence on what befell the file */
  readonly note: (text: string) => void
  /** called when all lines so far have been taken; nothing is read before it has ended */
  readonly onTaken: (place: () => Promise<FilePlace>) => Promise<void>
}

const PIECE_BYTES = 65_536
const MARK_BYTES = 64
const POLL_MS = 250

/** The file that is read now. */
type OpenFile = { readonly handle: FileHandle; readonly inode: string; at: number; latest: Buffer }

/**
 * The lines of a file as others add them, as `tail -F` shows them. A last line without an end waits for it. Where the file is renamed and another
 * takes its place, the old one is read to its end first; where it is cut, or written anew, it is read from its beginning.
 *
 * @example
 * for await (const lines of followFile('events.jsonl', settings)) decide(lines)
 *
 * @returns lines that have come together; until an end is asked for
 * @throws {VigilError} SOURCE_UNREADABLE
 */
export async function* followFile(path: string, settings: FollowSettings): AsyncGenerator<InputLine[]> {
  const { from, stop, pollMs = POLL_MS, note, onTaken } = settings
  const cutter = createLineCutter(from?.lines)
  const wait = async () => void (await pause(pollMs, undefined, { signal: stop }).catch(() => undefined))
  let file = await openAt(path, from, { note, wait, stop })
  const place = async (): Promise<FilePlace> => {
    const offset = file!.at - cutter.keptBytes
    return { inode: file!.inode, offset, lines: cutter.lineCount, mark: await markBefore(file!.handle, offset) }
  }
  try {
    let isLeft = false
    while (file !== null && !stop.aborted) {
      const piece = await nextPiece(file)
      if (piece === 'rewritten') {
        note(`${path} was cut or written anew: it is read from its beginning`)
        cutter.drop()
        file.at = 0
        file.latest = Buffer.alloc(0)
        continue
      }
      const lines = piece === null ? [] : cutter.take(piece)
      if (piece === null && isLeft) {
        lines.push(...cutter.end())
        if (lines.length > 0) yield lines
        await file.handle.close()
        file = await openAt(path, null, { note, wait, stop })
        isLeft = false
        continue
      }
      if (lines.length > 0) yield lines
      await onTaken(place)
      if (piece !== null) {
        isLeft = false
        continue
      }
      // Whoever writes may still write to the old file for a moment.
      isLeft = await isReplaced(path, file.inode)
      await wait()
    }
    if (file !== null) await onTaken(place)
  } finally {
    await file?.handle.close()
  }
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

/** Opens the file where it is to be gone on, or at its beginning; waits until there is one. @returns null where an end is asked for */
async function openAt(path: string, from: FilePlace | null, { note, wait, stop }: Waiting): Promise<OpenFile | null> {
  const known = from === null ? null : await pathOf(path, from.inode)
  if (from !== null && known === null) {
    note(`the file that was read last is not beside ${path} any more: what was added to it since then is lost`)
  }
  for (let isTold = false; !stop.aborted; await wait()) {
    const handle = await open(known ?? path, 'r').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null
      throw unreadable(path, cause.message, cause)
    })
    if (handle === null) {
      if (!isTold) note(`${path} is not there: it is waited for`)
      isTold = true
      continue
    }
    const own = await handle.stat({ bigint: true })
    const inode = inodeOf(own)
    if (!own.isFile()) {
      await handle.close()
      throw unreadable(path, 'it is no file')
    }
    if (from === null || known === null) return { handle, inode, at: 0, latest: Buffer.alloc(0) }
    return { handle, inode, at: from.offset, latest: Buffer.from(from.mark, 'base64') }
  }
  return null
}

/** Where a file is by now that may have been renamed; null = not in its folder. */
async function pathOf(path: string, inode: string): Promise<string | null> {
  const folder = dirname(resolve(path))
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(path))).sort()
  for (const name of names) {
    const one = join(folder, name)
    const own = await stat(one, { bigint: true }).catch(() => null)
    if (own !== null && inodeOf(own) === inode) return one
  }
  return null
}

/** Whether another file has the path. */
async function isReplaced(path: string, inode: string): Promise<boolean> {
  const own = await stat(path, { bigint: true }).catch(() => null)
  return own !== null && inodeOf(own) !== inode
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

function inodeOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`
}

async function markBefore(handle: FileHandle, offset: number): Promise<string> {
  const length = Math.min(MARK_BYTES, offset)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset - length)
  return buffer.subarray(0, bytesRead).toString('base64')
}
