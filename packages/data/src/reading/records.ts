import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'

/** Longest record that is read, in bytes. */
export const RECORD_BYTES_MAX = 1_000_000

/** Most cells of a record. */
export const CELLS_MAX = 10_000

/** A record of cells: bytes[starts[i] .. ends[i]) is cell i, without quotation marks and white space around it. */
export type CellRecord = {
  readonly bytes: Uint8Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  cells: number
  /** Cells that stand in quotation marks. */
  readonly quoted: number[]
  /** The line on which it begins, from 1. */
  line: number
}

export type RecordStyle = {
  /** One character. */
  readonly delimiter: string
  /** Whether a cell may stand in quotation marks, as in RFC 4180. */
  readonly hasQuotes: boolean
}

const [LF, CR, SPACE, TAB, QUOTE] = [10, 13, 32, 9, 34]

/** A record with the text that it is found in. */
type RecordBuffer = CellRecord & {
  /** Bytes that are there. */
  filled: number
  /** Whether no more are to come. */
  isEnd: boolean
}

/**
 * Divides text into records of cells. Lines end with LF, CRLF or CR, mixed or not; an empty line is no record. The record is
 * valid until the next one is asked for.
 *
 * @param each called for every record
 * @throws {VigilError} FILE_MALFORMED naming the line
 */
export async function readRecords(
  path: string,
  text: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  style: RecordStyle,
  each: (record: CellRecord) => void,
): Promise<void> {
  const divide = divider(path, style)
  const cells = { starts: new Int32Array(CELLS_MAX), ends: new Int32Array(CELLS_MAX), cells: 0, quoted: [] }
  let record: RecordBuffer = { bytes: new Uint8Array(1 << 20), filled: 0, isEnd: false, ...cells, line: 1 }
  let line = 1

  /** Takes the whole records out of the buffer; keeps what follows the last. */
  function take(): void {
    const { bytes, starts, ends, quoted, filled } = record
    let at = 0
    while (at < filled) {
      record.line = line
      const next = divide(record, at)
      if (next < 0) break
      line += quoted.length === 0 ? 1 : linesWithin(bytes, at, next)
      for (const cell of quoted) ends[cell] = undouble(bytes, starts[cell], ends[cell])
      if (record.cells > 1 || ends[0] > starts[0] || quoted.length > 0) each(record)
      at = next
    }
    bytes.copyWithin(0, at, filled)
    record.filled -= at
    if (record.filled > RECORD_BYTES_MAX) {
      throw malformed(
        path,
        line,
        `needs a record of at most ${RECORD_BYTES_MAX} bytes, received a longer one. A quotation mark may be open`,
      )
    }
  }

  for await (const piece of text) {
    const { bytes, filled } = record
    if (filled + piece.length > bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, filled + piece.length))
      larger.set(bytes.subarray(0, filled))
      record = { ...record, bytes: larger }
    }
    record.bytes.set(piece, filled)
    record.filled += piece.length
    take()
  }
  record.isEnd = true
  take()
}

/**
 * The first record of a piece of text, and where the next one begins; null where the piece holds no whole one.
 *
 * @throws {VigilError} FILE_MALFORMED
 */
export function firstRecordOf(
  path: string,
  piece: Uint8Array,
  isEnd: boolean,
  style: RecordStyle,
): { readonly record: CellRecord; readonly next: number } | null {
  const divide = divider(path, style)
  const bytes = piece.slice()
  const cells = { starts: new Int32Array(CELLS_MAX), ends: new Int32Array(CELLS_MAX), cells: 0, quoted: [] }
  const record: RecordBuffer = { bytes, filled: bytes.length, isEnd, ...cells, line: 1 }
  for (let at = 0; at < bytes.length; ) {
    const next = divide(record, at)
    if (next < 0) return null
    for (const cell of record.quoted) record.ends[cell] = undouble(bytes, record.starts[cell], record.ends[cell])
    if (record.cells > 1 || record.ends[0] > record.starts[0] || record.quoted.length > 0) return { record, next }
    at = next
  }
  return null
}

/** Lines that end within bytes[from .. to). */
function linesWithin(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0
  for (let i = from; i < to; i++) {
    if (bytes[i] === LF || (bytes[i] === CR && bytes[i + 1] !== LF)) lines++
  }
  return lines
}

/** Finds the cells of the record that begins at `at`. @returns where the next record begins, -1 = the rest is to come */
function divider(path: string, { delimiter, hasQuotes }: RecordStyle): (record: RecordBuffer, at: number) => number {
  const separator = delimiter.charCodeAt(0)
  const isStop = flagsOf([separator, LF, CR])
  const isBlank = flagsOf(separator === TAB ? [SPACE] : [SPACE, TAB])

  /** Finds the end of a cell in quotation marks that begins at `start`. @returns where its text ends, -1 = it is to come */
  function closeOf({ bytes, filled, isEnd, line }: RecordBuffer, start: number): number {
    const close = closingQuote(bytes, start + 1, filled)
    if (close < 0 && isEnd) {
      throw malformed(
        path,
        line,
        'a quotation mark is open to the end of the file. Close it, or double the marks inside cells',
      )
    }
    return close + 1 === filled && !isEnd ? -1 : close
  }

  return (record, from) => {
    const { bytes, starts, ends, quoted, filled, isEnd } = record
    quoted.length = 0
    let cell = 0
    for (let at = from; ; at++) {
      let start = at
      while (start < filled && isBlank[bytes[start]] === 1) start++
      let end: number
      if (hasQuotes && start < filled && bytes[start] === QUOTE) {
        end = closeOf(record, start)
        if (end < 0) return -1
        start++
        quoted.push(cell)
        at = end + 1
        while (at < filled && isBlank[bytes[at]] === 1) at++
        if (at < filled && isStop[bytes[at]] === 0) {
          throw malformed(
            path,
            record.line,
            'text follows the quotation mark that closes a cell. Double the marks inside cells',
          )
        }
      } else {
        at = start
        while (at < filled && isStop[bytes[at]] === 0) at++
        end = at
        while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--
      }
      if (at === filled && !isEnd) return -1
      if (cell === CELLS_MAX)
        throw malformed(path, record.line, `a record may have ${CELLS_MAX} cells. Leave out what is not needed`)
      starts[cell] = start
      ends[cell] = end
      record.cells = ++cell
      if (at >= filled) return filled
      if (bytes[at] === separator) continue
      if (bytes[at] === LF) return at + 1
      if (at + 1 === filled && !isEnd) return -1
      return at + 1 < filled && bytes[at + 1] === LF ? at + 2 : at + 1
    }
  }
}

/** [256] 1 = one of the given bytes. */
function flagsOf(bytes: readonly number[]): Uint8Array {
  const flags = new Uint8Array(256)
  for (const byte of bytes) flags[byte] = 1
  return flags
}

/** The mark that is not one of two, from `at` on; -1 = none yet. */
function closingQuote(bytes: Uint8Array, at: number, filled: number): number {
  for (let i = at; i < filled; i++) {
    if (bytes[i] !== QUOTE) continue
    if (bytes[i + 1] !== QUOTE || i + 1 >= filled) return i
    i++
  }
  return -1
}

/** Makes doubled marks single, in place. @returns the new end */
function undouble(bytes: Uint8Array, from: number, to: number): number {
  let end = from
  for (let i = from; i < to; i++) {
    bytes[end++] = bytes[i]
    if (bytes[i] === QUOTE) i++
  }
  return end
}

function malformed(path: string, line: number, complaint: string): Error {
  return dataError('FILE_MALFORMED', `Data file ${shownPath(path)}, line ${line}: ${complaint}.`)
}
