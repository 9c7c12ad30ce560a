import { type ByteRange, type FileMark, markOf, type TextEncoding, textOf } from './open-bytes.ts'
import { firstRecord, readDelimited } from './read-delimited.ts'
import { readJsonLines } from './read-json-lines.ts'
import { readParquet } from './read-parquet.ts'
import { readSequence } from './read-sequence.ts'
import { readZeek } from './read-zeek.ts'
import { type Table, TableBuilder, type TablePlan } from './table-builder.ts'

export const FORMATS = ['csv', 'tsv', 'zeek', 'jsonl', 'parquet', 'sequence'] as const

/** How rows stand in a file. */
export type Format = (typeof FORMATS)[number]

/** How the files of a table are written. */
export type SourceStyle = {
  /** auto = by the name and the first bytes of each file. */
  readonly format: Format | 'auto'
  readonly encoding: TextEncoding
  /** Of CSV; null = the commonest of the first line. */
  readonly delimiter: string | null
  /** Names of the columns of CSV or TSV without a header. */
  readonly header: readonly string[] | null
}

/**
 * Reads files into one table, rows in file order. Text formats may be packed by gzip or zstd.
 *
 * @param progress called with the path of each file
 * @throws {VigilError} FILE_MALFORMED naming file and line, FILE_UNREADABLE, FILE_TRUNCATED, COLUMNS_MISSING, ROWS_TOO_MANY
 */
export async function readTable(
  paths: readonly string[],
  style: SourceStyle,
  plan: TablePlan,
  progress: (path: string, index: number, count: number) => void,
): Promise<Table> {
  const table = new TableBuilder(plan)
  for (const [index, path] of paths.entries()) {
    progress(path, index, paths.length)
    await readFile(table, path, style)
  }
  return table.finish()
}

/** Reads a file, or a range of one that is plain CSV, TSV or Zeek, into a table. @throws {VigilError} as readTable */
export async function readFile(
  table: TableBuilder,
  path: string,
  style: SourceStyle,
  range?: ByteRange,
): Promise<void> {
  await readRows(table, path, style, range)
  table.endFile(path)
}

async function readRows(table: TableBuilder, path: string, style: SourceStyle, range?: ByteRange): Promise<void> {
  const format = style.format === 'auto' ? await formatOf(path, style.encoding) : style.format
  if (format === 'parquet') return await readParquet(table, path)
  const text = textOf(path, style.encoding, range)
  if (format === 'jsonl') return await readJsonLines(table, path, text)
  if (format === 'sequence') return await readSequence(table, path, text)
  if (format === 'zeek') return await readZeek(table, path, text)
  const delimiter = format === 'tsv' ? '\t' : style.delimiter
  await readDelimited(table, path, text, { delimiter, names: style.header })
}

/**
 * The cells of the first line of CSV or TSV, which may be names or values; null for other formats.
 *
 * @throws {VigilError} FILE_UNREADABLE, FILE_MALFORMED
 */
export async function firstCells(path: string, encoding: TextEncoding): Promise<string[] | null> {
  const format = await formatOf(path, encoding)
  if (format !== 'csv' && format !== 'tsv') return null
  return await firstRecord(path, textOf(path, encoding), format === 'tsv' ? '\t' : null)
}

/**
 * How rows stand in a file: by the first bytes where they tell, else by the name.
 *
 * @throws {VigilError} FILE_UNREADABLE
 */
export async function formatOf(path: string, encoding: TextEncoding): Promise<Format> {
  const mark: FileMark = await markOf(path)
  if (mark === 'parquet') return 'parquet'
  const start = await startOf(path, encoding)
  if (start.startsWith('#separator') || start.startsWith('#fields')) return 'zeek'
  if (start.startsWith('{') || start.startsWith('[')) return 'jsonl'
  return /\.tsv(\.gz|\.zst)?$/i.test(path) ? 'tsv' : 'csv'
}

async function startOf(path: string, encoding: TextEncoding): Promise<string> {
  for await (const piece of textOf(path, encoding)) {
    const start = Buffer.from(piece.subarray(0, 64)).toString('utf8').trimStart()
    if (start !== '') return start
  }
  return ''
}
