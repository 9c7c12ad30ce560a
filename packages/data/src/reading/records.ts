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
  let buffer = new Uint8Array(1 << 20)
  let filled = 0
  let line = 1
  const cells = { starts: new Int32Array(CELLS_MAX), ends: new Int32Array(CELLS_MAX) }
  let record: CellRecord = { bytes: buffer, ...cells, cells: 0, quoted: [], line }

  /** Takes the whole records out of the buffer; keeps what follows the last. */
  function take(isEnd: boolean): void {
    let at = 0
    while (at < filled) {
      const next = divide(path, record, { at, filled, isEnd, line, ...style })
      if (next < 0) break
      record.line = line
      line += record.quoted.length === 0 ? 1 : linesWithin(buffer, at, next)
      for (const cell of record.quoted) record.ends[cell] = undouble(buffer, record.starts[cell], record.ends[cell])
      if (record.cells > 1 || record.ends[0] > record.starts[0] || record.quoted.length > 0) each(record)
      at = next
    }
    buffer.copyWithin(0, at, filled)
    filled -= at
    if (filled > RECORD_BYTES_MAX) {
      throw dataError(
        'FILE_MALFORMED',
        `Data file ${shownPath(path)}, line ${line}: needs a record of at most ${RECORD_BYTES_MAX} bytes, received a longer one. A quotation mark may be open.`,
      )
    }
  }

  for await (const piece of text) {
    if (filled + piece.length > buffer.length) {
      const larger = new Uint8Array(Math.max(2 * buffer.length, filled + piece.length))
      larger.set(buffer.subarray(0, filled))
      buffer = larger
      record = { ...record, bytes: buffer }
    }
    buffer.set(piece, filled)
    filled += piece.length
    take(false)
  }
  take(true)
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
function divide(
  path: string,
  record: CellRecord,
  {
    at,
    filled,
    isEnd,
    line,
    delimiter,
    hasQuotes,
  }: RecordStyle & { at: number; filled: number; isEnd: boolean; line: number },
): number {
  const { bytes, starts, ends, quoted } = record
  quoted.length = 0
  const separator = delimiter.charCodeAt(0)
  let cell = 0
  for (;;) {
    let start = at
    while (start < filled && (bytes[start] === SPACE || (bytes[start] === TAB && separator !== TAB))) start++
    let end: number
    if (hasQuotes && start < filled && bytes[start] === QUOTE) {
      const close = closingQuote(bytes, start + 1, filled)
      if (close < 0) {
        if (!isEnd) return -1
        throw malformed(
          path,
          line,
          'a quotation mark is open to the end of the file. Close it, or double the marks inside cells',
        )
      }
      if (close + 1 === filled && !isEnd) return -1
      end = close
      start++
      quoted.push(cell)
      at = close + 1
      while (at < filled && (bytes[at] === SPACE || (bytes[at] === TAB && separator !== TAB))) at++
      if (at === filled && !isEnd) return -1
      if (at < filled && bytes[at] !== separator && bytes[at] !== LF && bytes[at] !== CR) {
        throw malformed(path, line, 'text follows the quotation mark that closes a cell. Double the marks inside cells')
      }
    } else {
      at = start
      while (at < filled && bytes[at] !== separator && bytes[at] !== LF && bytes[at] !== CR) at++
      if (at === filled && !isEnd) return -1
      end = at
      while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--
    }
    if (cell === CELLS_MAX)
      throw malformed(path, line, `a record may have ${CELLS_MAX} cells. Leave out what is not needed`)
    starts[cell] = start
    ends[cell] = end
    record.cells = ++cell
    if (at >= filled) return filled
    if (bytes[at] === separator) {
      at++
      continue
    }
    if (bytes[at] === CR) {
      if (at + 1 === filled && !isEnd) return -1
      return bytes[at + 1] === LF && at + 1 < filled ? at + 2 : at + 1
    }
    return at + 1
  }
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
