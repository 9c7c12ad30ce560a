import { statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type ByteRange, markOf } from './open-bytes.ts'
import { styleOf } from './read-delimited.ts'
import { formatOf, type SourceStyle } from './read-table.ts'
import { firstRecordOf } from './records.ts'

/** A range of one of the files. */
export type FilePart = { readonly path: string; readonly range: ByteRange }

const PIECE_BYTES = 1 << 20

const [LF, HASH] = [10, 35]

/**
 * Cuts files, one behind the other, into shares of about the same size that begin behind an end of a line. Such an end may
 * stand within quotation marks: whoever reads the share before finds them open.
 *
 * @returns null where a file is not plain lines of UTF-8, or where it cannot be said which bytes name the columns
 * @throws {VigilError} FILE_UNREADABLE, PATH_EMPTY, FILE_MALFORMED
 */
export async function divideFiles(
  paths: readonly string[],
  style: SourceStyle,
  count: number,
): Promise<FilePart[][] | null> {
  const sizes = paths.map((path) => statSync(path).size)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const shares = Array.from({ length: count }, (): FilePart[] => [])
  let start = 0
  for (const [i, path] of paths.entries()) {
    const head = await headOf(path, style)
    if (head === null) return null
    let from = 0
    for (const [k, share] of shares.entries()) {
      const wanted = Math.ceil((total * (k + 1)) / count) - start
      if (wanted <= from) continue
      const to = wanted >= sizes[i] ? sizes[i] : await lineEnd(path, Math.max(wanted, head))
      if (to > from) share.push({ path, range: { head: from === 0 ? 0 : head, from, to } })
      from = to
    }
    start += sizes[i]
  }
  return shares.filter((share) => share.length > 0)
}

/** Bytes at the start of a file that name its columns; null = it cannot be cut. */
async function headOf(path: string, { format, encoding, delimiter, header }: SourceStyle): Promise<number | null> {
  if (encoding !== 'utf-8' || (await markOf(path)) !== 'text') return null
  const own = format === 'auto' ? await formatOf(path, encoding) : format
  if (own !== 'csv' && own !== 'tsv' && own !== 'zeek') return null
  const piece = await reading(path, (file) => bytesAt(file, 0))
  if (own === 'zeek') {
    let head = 0
    while (piece[head] === HASH && piece.includes(LF, head)) head = piece.indexOf(LF, head) + 1
    return head
  }
  // Without a line of names each share would take the delimiter of its own first line.
  if (header !== null) return own === 'tsv' || delimiter !== null ? 0 : null
  const mark = piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf ? 3 : 0
  const text = piece.subarray(mark)
  const first = firstRecordOf(path, text, false, styleOf(text, own === 'tsv' ? '\t' : delimiter))
  return first === null ? null : mark + first.next
}

/** Where the next line begins behind the first end of one at or after `at`; without any, the end of the file. */
async function lineEnd(path: string, at: number): Promise<number> {
  return await reading(path, async (file) => {
    for (let from = at; ; from += PIECE_BYTES) {
      const piece = await bytesAt(file, from)
      const end = piece.indexOf(LF)
      if (end >= 0) return from + end + 1
      if (piece.length < PIECE_BYTES) return from + piece.length
    }
  })
}

async function bytesAt(file: FileHandle, position: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, position)
  return buffer.subarray(0, bytesRead)
}

async function reading<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r')
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}
