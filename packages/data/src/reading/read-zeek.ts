import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'
import type { ColumnBuilder } from './column-builder.ts'
import { addCells, requireWidth } from './read-delimited.ts'
import { readRecords } from './records.ts'
import type { TableBuilder } from './table-builder.ts'

const HASH = 35

/**
 * Reads a log of Zeek in its own form: lines that begin with # are directives, of which `#fields` names the columns; it may come
 * again. Cells are separated by tabs and know no quotation marks; unset and empty ones are the description's missing texts.
 *
 * @throws {VigilError} FILE_MALFORMED naming the line, COLUMNS_MISSING, ROWS_TOO_MANY
 */
export async function readZeek(table: TableBuilder, path: string, text: AsyncIterable<Uint8Array>): Promise<void> {
  let columns: readonly (ColumnBuilder | null)[] | null = null
  await readRecords(path, text, { delimiter: '\t', hasQuotes: false }, (record) => {
    const { bytes, starts, ends, cells, line } = record
    const cell = (i: number) => Buffer.from(bytes.subarray(starts[i], ends[i])).toString('utf8')
    if (bytes[starts[0]] === HASH) {
      const [directive, value] = cell(0).split(' ')
      if (directive === '#separator' && value !== undefined && value !== '\\x09') {
        throw dataError(
          'FILE_MALFORMED',
          `Data file ${shownPath(path)}, line ${line}: needs tabs between cells (#separator \\x09), received another separator. Write the log with tabs, or as JSON.`,
        )
      }
      if (directive !== '#fields') return
      if (columns !== null) table.repeatedHeaders++
      columns = table.columnsOf(
        path,
        Array.from({ length: cells - 1 }, (_, i) => cell(i + 1)),
      )
      return
    }
    if (columns === null) {
      throw dataError(
        'FILE_MALFORMED',
        `Data file ${shownPath(path)}, line ${line}: needs a line "#fields" that names the columns before the first row. Give the log as Zeek wrote it.`,
      )
    }
    requireWidth(path, record, columns.length)
    addCells(columns, record)
    table.endRow(path)
  })
}
