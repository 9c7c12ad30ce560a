import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { harmlessText } from '@vigil/command-line'
import { dataError } from '../errors.ts'

const UTF16 = { what: 'UTF-16 text', remedy: 'Write it as UTF-8 (iconv -f UTF-16 -t UTF-8)' }

/** How a file that is no CSV begins, and what to do about it. */
const OTHER_KINDS: readonly { readonly mark: readonly number[]; readonly what: string; readonly remedy: string }[] = [
  { mark: [0x1f, 0x8b], what: 'compressed by gzip', remedy: 'Unpack it (gunzip)' },
  { mark: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed by zstd', remedy: 'Unpack it (unzstd)' },
  { mark: [0x42, 0x5a, 0x68], what: 'compressed by bzip2', remedy: 'Unpack it (bunzip2)' },
  { mark: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed by xz', remedy: 'Unpack it (unxz)' },
  { mark: [0x50, 0x4b, 3, 4], what: 'a ZIP archive or a spreadsheet', remedy: 'Unpack it, or save the sheet as CSV' },
  { mark: [0x50, 0x41, 0x52, 0x31], what: 'a Parquet file', remedy: 'Name it .parquet' },
  { mark: [0xff, 0xfe], ...UTF16 },
  { mark: [0xfe, 0xff], ...UTF16 },
]

/** The mark that some programs put before UTF-8 text; it is not part of the first name. */
const UTF8_MARK = [0xef, 0xbb, 0xbf]

/** @throws {VigilError} FILE_UNREADABLE when the first bytes are those of another kind of file, or of UTF-16 without a mark */
export function requireText(path: string, head: Uint8Array): void {
  const other = OTHER_KINDS.find(({ mark }) => startsWith(head, mark))
  const { what, remedy } = other ?? (isWide(head) ? UTF16 : { what: null, remedy: null })
  if (what === null) return
  throw dataError(
    'FILE_UNREADABLE',
    `Data file ${shownPath(path)}: needs CSV text in UTF-8, received ${what}. ${remedy}.`,
  )
}

/** Whether every other byte is zero: UTF-16 without a mark. */
function isWide(head: Uint8Array): boolean {
  const zeros = Array.from(head.subarray(0, 8), (byte) => byte === 0)
  return zeros.length === 8 && zeros.every((zero, i) => zero === zeros[i % 2]) && zeros[0] !== zeros[1]
}

/** Where the text begins: behind the mark of UTF-8 where there is one. */
export function startOfText(head: Uint8Array): number {
  return startsWith(head, UTF8_MARK) ? UTF8_MARK.length : 0
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte)
}

/** A path as a message shows it. */
export function shownPath(path: string): string {
  return harmlessText(path, 300)
}

/** A cell or a line as a message shows it. */
export function shownText(text: string): string {
  return `'${harmlessText(text, 60)}'`
}

/** A piece of a file: `bytes` up to `end`, which never divides a character. */
export type Chunk = {
  readonly bytes: Uint8Array
  readonly end: number
  /** Index of the first byte that is not UTF-8; `end` then lies there, and the rest is not looked at. */
  readonly invalid: number | null
}

const CHUNK_BYTES = 1 << 22

/** Reads a file piece by piece into one buffer; a piece is valid until the next one is asked for. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Chunk> {
  const bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let kept = 0
  for (;;) {
    const { bytesRead } = await file.read(bytes, kept, CHUNK_BYTES - kept)
    const filled = kept + bytesRead
    if (filled === 0) return
    // What may be the beginning of a character waits for its rest; at the end of the file there is none.
    const end = bytesRead === 0 ? filled : filled - unfinished(bytes, filled)
    if (!isUtf8(bytes.subarray(0, end))) {
      const invalid = firstInvalid(bytes, end)
      yield { bytes, end: invalid, invalid }
      return
    }
    yield { bytes, end, invalid: null }
    bytes.copyWithin(0, end, filled)
    kept = filled - end
  }
}

/** How many of the last bytes, at most three, begin a character of UTF-8 that needs more of them. */
function unfinished(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= Math.min(3, end); back++) {
    const byte = bytes[end - back]
    if ((byte & 0xc0) === 0x80) continue
    return lengthOfCharacter(byte) > back ? back : 0
  }
  return 0
}

/** Index of the first byte that does not belong to a whole character. */
function firstInvalid(bytes: Uint8Array, end: number): number {
  let at = 0
  while (at < end) {
    const length = lengthOfCharacter(bytes[at])
    if (length > 1 && !isUtf8(bytes.subarray(at, Math.min(end, at + length)))) return at
    if (length === 1 && bytes[at] >= 0x80) return at
    at += length
  }
  return end
}

function lengthOfCharacter(first: number): number {
  if (first >= 0xf0 && first < 0xf8) return 4
  if (first >= 0xe0 && first < 0xf0) return 3
  return first >= 0xc0 && first < 0xe0 ? 2 : 1
}
