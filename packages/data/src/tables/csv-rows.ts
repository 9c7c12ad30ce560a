import { type FileHandle, open } from 'node:fs/promises'
import { isErrorOf, type VigilError } from '@vigil/errors'
import { DATA_ERRORS, dataError } from '../errors.ts'
import { type Chunk, chunksOf, shownPath, shownText, startOfText } from './csv-text.ts'
import { unreadable } from './event-files.ts'

/** What a CSV file holds below its header. */
export type CsvRows = { readonly rowCount: number; readonly hasQuotes: boolean }

/** Longest record that is read, line breaks in quoted cells included. */
export const RECORD_BYTES_MAX = 1_000_000

const LF = 10
const CR = 13
const QUOTE = 34
const COMMA = 44

/** Where the walk stands: in a cell without quotes, inside quotes, or behind a mark that closes them (or is doubled). */
const PLAIN = 0
const QUOTED = 1
const CLOSED = 2

/** Positions count from the beginning of the chunk that is walked; of what began before it they are negative. */
type Walk = {
  readonly path: string
  readonly width: number
  /** Record to look for, 0 = the header; -1 = none. */
  readonly wanted: number
  /** Of the wanted record, once it is found. */
  foundLine: number
  mode: number
  /** The line that is walked, from 1. */
  line: number
  recordLine: number
  quoteLine: number
  recordStart: number
  cellStart: number
  /** Cells of the record so far, the one being walked included. */
  cells: number
  records: number
  hasQuotes: boolean
  /** The byte before the chunk. */
  before: number
}

/**
 * Checks a CSV file by RFC 4180: UTF-8 without NUL; cells between commas; a cell that holds a comma, a quotation mark or a
 * line break stands in quotation marks, marks inside are doubled; every record has `width` cells. Lines end with LF, CRLF or
 * CR, mixed or not. An empty line is no record. No character begins a comment.
 *
 * @param width cells of the header
 * @throws {VigilError} FILE_MALFORMED naming the line, or FILE_UNREADABLE
 */
export async function checkRows(path: string, width: number): Promise<CsvRows> {
  const { records, hasQuotes } = await walkFile(path, width, -1)
  return { rowCount: Math.max(0, records - 1), hasQuotes }
}

/** The line in which a row begins; rows count from 0 below the header, lines from 1. The file has been checked. */
export async function lineOfRow(path: string, width: number, row: number): Promise<number> {
  return (await walkFile(path, width, row + 1)).foundLine
}

async function walkFile(path: string, width: number, wanted: number): Promise<Walk> {
  const walk: Walk = {
    path,
    width,
    wanted,
    foundLine: 0,
    mode: PLAIN,
    line: 1,
    recordLine: 1,
    quoteLine: 1,
    recordStart: 0,
    cellStart: 0,
    cells: 1,
    records: 0,
    hasQuotes: false,
    before: 0,
  }
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    let isFirst = true
    for await (const chunk of chunksOf(file)) {
      if (isFirst) walk.cellStart = startOfText(chunk.bytes)
      walkChunk(walk, chunk, isFirst ? walk.cellStart : 0)
      if (walk.foundLine > 0) return walk
      if (chunk.invalid !== null) throw notUtf8(walk, chunk.bytes[chunk.invalid])
      isFirst = false
    }
  } catch (cause) {
    throw isErrorOf(DATA_ERRORS, cause) ? cause : unreadable(path, cause)
  } finally {
    await file?.close()
  }
  if (walk.mode === QUOTED) throw neverClosed(walk)
  endRecord(walk, new Uint8Array(0), 0)
  return walk
}

function walkChunk(walk: Walk, { bytes, end }: Chunk, start: number): void {
  let i = start
  while (i < end) {
    if (walk.mode === QUOTED) {
      i = walkQuoted(walk, bytes, i, end)
      continue
    }
    const byte = bytes[i]
    if (walk.mode === CLOSED) {
      if (byte === QUOTE) {
        walk.mode = QUOTED
        i++
        continue
      }
      if (byte !== COMMA && byte !== LF && byte !== CR) throw textBehindQuotes(walk)
      walk.mode = PLAIN
    }
    if (byte === COMMA) {
      walk.cells++
      walk.cellStart = i + 1
    } else if (byte === LF || byte === CR) {
      const isSecondHalf = byte === LF && (i === 0 ? walk.before : bytes[i - 1]) === CR
      if (isSecondHalf) {
        walk.cellStart = i + 1
        walk.recordStart = i + 1
      } else {
        endRecord(walk, bytes, i)
        if (walk.foundLine > 0) return
        walk.line++
        walk.recordLine = walk.line
      }
    } else if (byte === QUOTE) {
      if (i !== walk.cellStart) throw quoteInside(walk)
      walk.mode = QUOTED
      walk.quoteLine = walk.line
      walk.hasQuotes = true
    } else if (byte === 0) throw hasNul(walk)
    i++
    // Most bytes are letters and digits, which all stand behind the comma.
    if (walk.mode === PLAIN) while (i < end && bytes[i] > COMMA) i++
  }
  if (end - walk.recordStart > RECORD_BYTES_MAX) throw tooLong(walk)
  walk.before = bytes[end - 1]
  walk.recordStart -= end
  walk.cellStart -= end
}

/** Goes to the next quotation mark, and behind it. */
function walkQuoted(walk: Walk, bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]
    if (byte > QUOTE) continue
    if (byte === QUOTE) {
      walk.mode = CLOSED
      return i + 1
    }
    const isSecondHalf = byte === LF && (i === 0 ? walk.before : bytes[i - 1]) === CR
    if ((byte === LF || byte === CR) && !isSecondHalf) walk.line++
    if (byte === 0) throw hasNul(walk)
  }
  return end
}

/** Ends the record that ends before `at`; an empty line is none. */
function endRecord(walk: Walk, bytes: Uint8Array, at: number): void {
  const isEmpty = walk.cells === 1 && walk.cellStart === at
  if (!isEmpty) {
    if (at - walk.recordStart > RECORD_BYTES_MAX) throw tooLong(walk)
    if (walk.cells !== walk.width) {
      const text = walk.recordStart < 0 ? null : Buffer.from(bytes.subarray(walk.recordStart, at)).toString('utf8')
      throw wrongWidth(walk, text)
    }
    if (walk.records === walk.wanted) walk.foundLine = walk.recordLine
    walk.records++
  }
  walk.cells = 1
  walk.cellStart = at + 1
  walk.recordStart = at + 1
}

function malformed({ path }: Walk, line: number, complaint: string): VigilError {
  return dataError('FILE_MALFORMED', `Data file ${shownPath(path)}, line ${line}: ${complaint}`)
}

function wrongWidth(walk: Walk, text: string | null): VigilError {
  const cells = `${walk.cells} cell${walk.cells === 1 ? '' : 's'}`
  const received = text === null ? cells : `${cells}: ${shownText(text)}`
  return malformed(
    walk,
    walk.recordLine,
    `needs ${walk.width} cells, as many as the header has names, received ${received}. Correct the line, or remove it if it is no record.`,
  )
}

function notUtf8(walk: Walk, byte: number): VigilError {
  const hex = byte.toString(16).padStart(2, '0')
  return malformed(
    walk,
    walk.line,
    `needs UTF-8, received the byte 0x${hex}, which is none there. Convert the file, e.g. iconv -f WINDOWS-1252 -t UTF-8.`,
  )
}

function hasNul(walk: Walk): VigilError {
  return malformed(walk, walk.line, 'needs text, received a NUL byte. Export the file again, or remove such bytes.')
}

function neverClosed(walk: Walk): VigilError {
  return malformed(
    walk,
    walk.quoteLine,
    'a quotation mark opens a cell here and none closes it. Close it, or double the mark if it is part of the cell.',
  )
}

function textBehindQuotes(walk: Walk): VigilError {
  return malformed(
    walk,
    walk.line,
    'text follows the quotation mark that closes a cell. Double the marks that are part of a cell.',
  )
}

function quoteInside(walk: Walk): VigilError {
  return malformed(
    walk,
    walk.line,
    'a cell holds a quotation mark and does not begin with one. Put the cell in quotation marks and double those inside.',
  )
}

function tooLong(walk: Walk): VigilError {
  const cause = walk.mode === QUOTED ? `, in a cell whose quotation mark in line ${walk.quoteLine} none closes yet` : ''
  return malformed(
    walk,
    walk.recordLine,
    `a record may have ${RECORD_BYTES_MAX} bytes, received a longer one${cause}. Check line ends and quotation marks.`,
  )
}
