import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'
import type { ColumnBuilder } from './column-builder.ts'
import { type CellRecord, firstRecordOf, RECORD_BYTES_MAX, type RecordStyle, readRecords } from './records.ts'
import type { TableBuilder } from './table-builder.ts'

/** Separators of a file that is called CSV. */
const SEPARATORS = [',', ';', '|', '\t'] as const

/** What a column without a name is called, so that a description can name it. */
const UNNAMED = 'unnamed'

/** How the cells of a file are divided, and what its first line is. */
export type DelimitedStyle = {
  /** null = the one that comes most often in the first line. */
  readonly delimiter: string | null
  /** Names of the columns where the file has no header. */
  readonly names: readonly string[] | null
}

/**
 * Reads CSV or TSV. Names of columns are trimmed; a header that comes again is passed over and counted.
 *
 * @throws {VigilError} FILE_MALFORMED naming the line, COLUMNS_MISSING, ROWS_TOO_MANY
 */
export async function readDelimited(
  table: TableBuilder,
  path: string,
  text: AsyncIterable<Uint8Array>,
  { delimiter, names }: DelimitedStyle,
): Promise<void> {
  const opened = await peek(text)
  const style = styleOf(opened.head, delimiter)
  let columns: readonly (ColumnBuilder | null)[] | null = names === null ? null : table.columnsOf(path, names)
  let header: readonly string[] = []
  let headerStart = -1
  await readRecords(path, opened.text, style, (record) => {
    if (columns === null) {
      header = textsOf(record)
      requireNames(path, header)
      headerStart = Buffer.byteLength(header[0])
      columns = table.columnsOf(
        path,
        header.map((name) => (name === '' ? UNNAMED : name)),
      )
      return
    }
    requireWidth(path, record, columns.length)
    if (record.ends[0] - record.starts[0] === headerStart && isHeader(record, header)) {
      table.repeatedHeaders++
      return
    }
    addCells(columns, record)
    table.endRow(path)
  })
}

/**
 * The cells of the first record of a text; null where there is none.
 *
 * @throws {VigilError} FILE_MALFORMED
 */
export async function firstRecord(
  path: string,
  text: AsyncIterable<Uint8Array>,
  delimiter: string | null,
): Promise<string[] | null> {
  let start: Uint8Array = new Uint8Array(0)
  const cells = (isEnd: boolean) => {
    const found = firstRecordOf(path, start, isEnd, styleOf(start, delimiter))
    return found === null ? null : textsOf(found.record)
  }
  for await (const piece of text) {
    start = Buffer.concat([start, piece])
    const found = cells(false)
    if (found !== null || start.length > RECORD_BYTES_MAX) return found
  }
  return cells(true)
}

export function addCells(columns: readonly (ColumnBuilder | null)[], { bytes, starts, ends }: CellRecord): void {
  for (let i = 0; i < columns.length; i++) columns[i]?.add(bytes, starts[i], ends[i])
}

export function requireWidth(path: string, { cells, line }: CellRecord, width: number): void {
  if (cells === width) return
  throw dataError(
    'FILE_MALFORMED',
    `Data file ${shownPath(path)}, line ${line}: needs ${width} cells, one for each column, received ${cells}. Correct or remove the line; a cell that holds a separator stands in quotation marks.`,
  )
}

function requireNames(path: string, names: readonly string[]): void {
  const unnamed = names.filter((name) => name === '').length
  // Spreadsheets and data frames leave the column of row numbers without a name.
  if (unnamed <= 1 && (names.length > 1 || unnamed === 0)) return
  throw dataError(
    'FILE_MALFORMED',
    `Data file ${shownPath(path)}, line 1: needs a name for each column, received ${unnamed} without. Name them, or give the names with "header" in the description.`,
  )
}

function textsOf(record: CellRecord): string[] {
  return Array.from({ length: record.cells }, (_, i) => textOf(record, i))
}

function textOf({ bytes, starts, ends }: CellRecord, cell: number): string {
  return Buffer.from(bytes.subarray(starts[cell], ends[cell])).toString('utf8').trim()
}

function isHeader(record: CellRecord, header: readonly string[]): boolean {
  return header.every((name, i) => textOf(record, i) === name)
}

/** The first piece of a text, and the whole text again. */
async function peek(text: AsyncIterable<Uint8Array>) {
  const pieces = text[Symbol.asyncIterator]()
  const first = await pieces.next()
  return {
    head: first.done ? new Uint8Array(0) : first.value,
    text: (async function* () {
      if (!first.done) yield first.value
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
    })(),
  }
}

/** @param start of the text @param delimiter null = the one that comes most often in its first line */
export function styleOf(start: Uint8Array, delimiter: string | null): RecordStyle {
  return { delimiter: delimiter ?? commonest(start), hasQuotes: true }
}

function commonest(start: Uint8Array): string {
  const head = Buffer.from(start.subarray(0, 1 << 16)).toString('utf8')
  const line = /^[\r\n]*([^\r\n]*)/.exec(head.replace(/"(?:[^"]|"")*"/g, ''))?.[1] ?? ''
  const counts = SEPARATORS.map((separator) => line.split(separator).length)
  return SEPARATORS[counts.indexOf(Math.max(...counts))]
}
