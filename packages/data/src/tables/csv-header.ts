import { open } from 'node:fs/promises'
import type { VigilError } from '@vigil/errors'
import { dataError } from '../errors.ts'
import { RECORD_BYTES_MAX } from './csv-rows.ts'
import { requireText, shownPath, startOfText } from './csv-text.ts'
import { unreadable } from './event-files.ts'

/** More columns than this are taken for an accident. */
const COLUMNS_MAX = 10_000

/** Lines that are searched for the header when it is not in the first. */
const LINES_SEARCHED = 50

const OTHER_SEPARATORS = [
  { separator: ';', name: 'semicolons' },
  { separator: '\t', name: 'tabs' },
  { separator: '|', name: 'bars' },
] as const

/**
 * The names in the first line of a CSV file, without the white space around them.
 *
 * @param required names that must be there; they tell a header from what else may stand first
 * @throws {VigilError} FILE_UNREADABLE, FILE_MALFORMED or PATH_EMPTY
 */
export async function readHeader(path: string, required: readonly string[]): Promise<string[]> {
  const head = await headOf(path)
  requireText(path, head)
  const text = head.subarray(startOfText(head)).toString('utf8')
  if (text.trim() === '' && head.length < RECORD_BYTES_MAX) {
    throw dataError(
      'PATH_EMPTY',
      `Data file ${shownPath(path)}: needs a header and rows, received white space only. Copy it again.`,
    )
  }
  const names = cellsOf(text)
  const isHeader = holds(names, required)
  if (!isHeader) explainHeader(path, text, required)
  if (names.length <= COLUMNS_MAX) return names
  throw malformedHeader(path, `may name ${COLUMNS_MAX} columns, names ${names.length}. Leave out what is not needed.`)
}

/** Says what is there instead of a header in line 1, where it can be told. */
function explainHeader(path: string, text: string, required: readonly string[]): void {
  const lines = text.split(/\r\n|\n|\r/, LINES_SEARCHED)
  const line = lines.findIndex((candidate) => holds(cellsOf(candidate), required))
  if (line > 0) {
    throw malformedHeader(
      path,
      `needs the names of the columns, they stand in line ${line + 1}. Remove the ${line === 1 ? 'line' : `${line} lines`} before it.`,
    )
  }
  for (const { separator, name } of OTHER_SEPARATORS) {
    if (!holds(lines[0].split(separator).map(bare), required)) continue
    throw malformedHeader(path, `needs commas between the cells, received ${name}. Export the file with commas.`)
  }
}

function malformedHeader(path: string, complaint: string): VigilError {
  return dataError('FILE_MALFORMED', `Data file ${shownPath(path)}, line 1: ${complaint}`)
}

/** Whether most of the names are there: a spelling slip in one is reported by its name. */
function holds(names: readonly string[], required: readonly string[]): boolean {
  const present = new Set(names)
  return required.filter((name) => present.has(name)).length * 2 > required.length
}

/** The cells of the first record of a text. What is wrong with its quotation marks is found when the rows are checked. */
function cellsOf(text: string): string[] {
  const cells: string[] = []
  const cell = /("(?:[^"]+|"")*"?|[^,\r\n]*)[^,\r\n]*([,\r\n]|$)/y
  for (;;) {
    const match = cell.exec(text)
    if (match === null) return cells
    cells.push(bare(match[1]))
    if (match[2] !== ',') return cells
  }
}

function bare(cell: string): string {
  return (cell.startsWith('"') ? cell.replace(/^"|"$/g, '').replaceAll('""', '"') : cell).trim()
}

/** The first bytes, enough for the longest header and, of ordinary files, some lines behind it. */
async function headOf(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(RECORD_BYTES_MAX), 0, RECORD_BYTES_MAX, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}
