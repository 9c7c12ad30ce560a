import { isUtf8 } from 'node:buffer'
import { createReadStream, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib'
import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'
import { unreadable } from '../tables/event-files.ts'

/** How the bytes of a file spell text. */
export const ENCODINGS = ['utf-8', 'cp1252', 'utf-16le', 'utf-16be'] as const
export type TextEncoding = (typeof ENCODINGS)[number]

const MARKS = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  parquet: [0x50, 0x41, 0x52, 0x31],
  bzip2: [0x42, 0x5a, 0x68],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
  zip: [0x50, 0x4b, 3, 4],
  'utf-16le': [0xff, 0xfe],
  'utf-16be': [0xfe, 0xff],
} as const satisfies Record<string, readonly number[]>

/** What the first bytes of a file say it is. */
export type FileMark = keyof typeof MARKS | 'text'

/** What to do about a file that is not read. */
const REMEDIES: Partial<Record<FileMark, string>> = {
  bzip2: 'bzip2. Pack it with gzip or zstd, or unpack it (bunzip2)',
  xz: 'xz. Pack it with gzip or zstd, or unpack it (unxz)',
  zip: 'ZIP, or a spreadsheet. Unpack it, or save the sheet as CSV',
}

/** A range of a file, behind the first bytes of the file. */
export type ByteRange = {
  /** So many bytes tell what the others mean. */
  readonly head: number
  readonly from: number
  /** exclusive */
  readonly to: number
}

/** @throws {VigilError} FILE_UNREADABLE, PATH_EMPTY */
export async function markOf(path: string): Promise<FileMark> {
  const head = await headOf(path)
  if (head.length === 0)
    throw dataError('PATH_EMPTY', `Data file ${shownPath(path)}: needs rows, received an empty file. Copy it again.`)
  const names = Object.keys(MARKS) as (keyof typeof MARKS)[]
  return names.find((name) => MARKS[name].every((byte, i) => head[i] === byte)) ?? 'text'
}

async function headOf(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/**
 * The text of a file, piece by piece, as UTF-8 that has been checked: unpacked where it is gzip or zstd, converted where it is
 * of another encoding, without the mark of UTF-8 before it. A piece may end within a line, never within a character.
 *
 * @param range of a plain file, what is read of it; left out = all
 * @throws {VigilError} FILE_UNREADABLE naming the byte that is not UTF-8, or what is wrong with the packing
 */
export async function* textOf(path: string, encoding: TextEncoding, range?: ByteRange): AsyncGenerator<Uint8Array> {
  const mark = await markOf(path)
  const remedy = REMEDIES[mark]
  if (remedy !== undefined) {
    throw dataError(
      'FILE_UNREADABLE',
      `Data file ${shownPath(path)}: needs text, plain, .gz or .zst, received ${remedy}.`,
    )
  }
  const declared = mark === 'utf-16le' || mark === 'utf-16be' ? mark : encoding
  const decode = decoderOf(path, declared)
  let position = 0
  let line = 1
  let kept: Uint8Array = new Uint8Array(0)
  let isFirst = true
  const unpacked = range === undefined ? bytesOf(path, mark) : rangeOf(path, range)
  try {
    for await (const raw of unpacked) {
      const bytes = decode(raw, kept)
      const end = bytes.length - unfinished(bytes)
      const whole = bytes.subarray(0, end)
      if (!isUtf8(whole)) throw notUtf8(path, whole, { position, line })
      if (whole.includes(0)) throw nul(path, line + countLines(whole.subarray(0, whole.indexOf(0))))
      position += end
      if (whole.length > 0) {
        line += countLines(whole)
        yield isFirst ? whole.subarray(startsWithMark(whole) ? 3 : 0) : whole
        isFirst = false
      }
      kept = bytes.slice(end)
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && !('kind' in cause)) throw damaged(path, cause)
    throw cause
  }
  if (mark === 'zstd') requireOneFrame(path, unpacked as Readable)
  kept = decode(null, kept)
  if (kept.length > 0) throw notUtf8(path, kept, { position, line })
}

/** Joins what was kept of the piece before with the next one, as UTF-8; without a piece the text is at its end. */
function decoderOf(path: string, encoding: TextEncoding): (raw: Uint8Array | null, kept: Uint8Array) => Uint8Array {
  if (encoding === 'utf-8')
    return (raw, kept) => (raw === null ? kept : kept.length === 0 ? raw : Buffer.concat([kept, raw]))
  const decoder = new TextDecoder(encoding === 'cp1252' ? 'windows-1252' : encoding, { fatal: true })
  return (raw, kept) => {
    try {
      return Buffer.concat([kept, Buffer.from(decoder.decode(raw ?? undefined, { stream: raw !== null }), 'utf8')])
    } catch (cause) {
      throw dataError(
        'FILE_UNREADABLE',
        `Data file ${shownPath(path)}: needs text of ${encoding}, received ${raw === null ? 'half a character at its end' : 'bytes that spell none'}. Copy it again, or give another "encoding".`,
        { cause },
      )
    }
  }
}

function bytesOf(path: string, mark: FileMark): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 20 })
  if (mark !== 'gzip' && mark !== 'zstd') return file
  // The reader of the result hears of errors of both.
  return pipeline(file, mark === 'gzip' ? createGunzip() : createZstdDecompress(), () => undefined)
}

async function* rangeOf(path: string, { head, from, to }: ByteRange): AsyncGenerator<Uint8Array> {
  if (head > 0) yield* createReadStream(path, { highWaterMark: head, end: head - 1 })
  if (to > from) yield* createReadStream(path, { highWaterMark: 1 << 20, start: from, end: to - 1 })
}

/** Node unpacks the first of several frames and is silent about the others. */
function requireOneFrame(path: string, unpacked: Readable): void {
  if ((unpacked as ZstdDecompress).bytesWritten >= statSync(path).size) return
  throw dataError(
    'FILE_UNREADABLE',
    `Data file ${shownPath(path)}: needs one zstd frame, received several. Unpack it (unzstd), or pack it again in one piece.`,
  )
}

function damaged(path: string, cause: Error): Error {
  const { code } = cause as NodeJS.ErrnoException
  const isPacking = code?.startsWith('Z_') || code?.startsWith('ZSTD') || code?.startsWith('ERR_')
  if (!isPacking) return unreadable(path, cause)
  return dataError(
    'FILE_TRUNCATED',
    `Data file ${shownPath(path)}: its packing is damaged or cut short (${code}). Copy it again.`,
    { cause },
  )
}

function startsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

/** How many of the last bytes begin a character whose rest is to come. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

function notUtf8(path: string, bytes: Uint8Array, at: { position: number; line: number }): Error {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    // A piece may end within a character: what lacks its rest alone is not wrong yet.
    if (isUtf8(bytes.subarray(0, middle - unfinished(bytes.subarray(0, middle))))) low = middle
    else high = middle - 1
  }
  const line = at.line + countLines(bytes.subarray(0, low))
  const byte = (bytes[low] ?? bytes[0]).toString(16).padStart(2, '0')
  return dataError(
    'FILE_UNREADABLE',
    `Data file ${shownPath(path)}, line ${line}: needs UTF-8, received the byte 0x${byte} at position ${at.position + low}. Windows writes such text as cp1252: give "encoding: cp1252" in the description, or convert the file (iconv -f CP1252 -t UTF-8).`,
  )
}

function nul(path: string, line: number): Error {
  return dataError(
    'FILE_UNREADABLE',
    `Data file ${shownPath(path)}, line ${line}: needs text, received a NUL character. Binary files are not read; text of UTF-16 without a mark needs "encoding: utf-16le" in the description.`,
  )
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}
