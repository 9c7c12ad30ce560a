import { resolve } from 'node:path'
import { isErrorOf } from '@vigil/errors'
import { DATA_ERRORS, dataError } from '../errors.ts'
import { readHeader } from './csv-header.ts'
import { checkRows, lineOfRow, RECORD_BYTES_MAX } from './csv-rows.ts'
import { shownPath } from './csv-text.ts'
import { type Database, literal } from './database.ts'
import type { EventFiles } from './event-files.ts'

/** One file as a table: its columns are known, its rows are not read yet. */
export type SourceFile = {
  readonly path: string
  /** In the file's order, as the file has them. */
  readonly columns: readonly {
    /** As the file names it. */
    readonly name: string
    /** As SQL names it. */
    readonly identifier: string
    /** DuckDB's name of its type. */
    readonly type: string
  }[]
  /**
   * Checks what can be checked before reading.
   *
   * @throws {VigilError} FILE_MALFORMED or FILE_UNREADABLE
   */
  check(): Promise<CheckedFile>
}

/** A file that has been checked. */
export type CheckedFile = {
  readonly rowCount: number
  /** SQL that reads it, the fastest first; a later one is tried where DuckDB declines one before it. */
  readonly scans: readonly string[]
  /** Where a row, from 0, stands in the file, for messages. */
  placeOf(row: number): Promise<string>
}

/**
 * Opens a file: reads its header or its schema. Nothing but the file's own columns is ever among them, whatever the folders
 * are called, and no file's types depend on another's.
 *
 * @param required names that tell a header from other lines
 * @throws {VigilError} FILE_UNREADABLE, FILE_MALFORMED or PATH_EMPTY
 */
export function openFile(
  database: Database,
  { path, format }: { readonly path: string; readonly format: EventFiles['format'] },
  required: readonly string[],
): Promise<SourceFile> {
  return format === 'csv' ? openCsv(path, required) : openParquet(database, path)
}

async function openCsv(path: string, required: readonly string[]): Promise<SourceFile> {
  const names = await readHeader(path, required)
  return {
    path,
    columns: names.map((name, i) => ({ name, identifier: `c${i}`, type: 'VARCHAR' })),
    check: async () => {
      const { rowCount, hasQuotes } = await checkRows(path, names.length)
      // DuckDB guesses where rows begin when several threads read a file, and declines where it cannot.
      const threads = hasQuotes ? [false] : [true, false]
      return {
        rowCount,
        scans: threads.map((parallel) => csvScan(path, { width: names.length, parallel })),
        placeOf: async (row) => `line ${await lineOfRow(path, names.length, row)}`,
      }
    },
  }
}

/**
 * Every option is given and none guessed; all cells are text. The rows have been checked, and DuckDB's strict mode would
 * refuse mixed line ends: with `\n` and without it, LF, CRLF and CR all end a line.
 */
function csvScan(path: string, { width, parallel }: { width: number; parallel: boolean }): string {
  const columns = Array.from({ length: width }, (_, i) => `c${i}: 'VARCHAR'`).join(', ')
  return `read_csv([${exactPath(path)}], auto_detect = false, header = true, columns = {${columns}}, delim = ',', quote = '"', escape = '"', comment = '', nullstr = '', new_line = '\\n', strict_mode = false, parallel = ${parallel}, max_line_size = ${2 * RECORD_BYTES_MAX}, encoding = 'utf-8', compression = 'none', hive_partitioning = false, filename = false)`
}

async function openParquet(database: Database, path: string): Promise<SourceFile> {
  const scan = `read_parquet([${exactPath(path)}], hive_partitioning = false, filename = false, file_row_number = false, union_by_name = false)`
  return readingFile(path, async () => {
    const described = await database.rows(`DESCRIBE SELECT * FROM ${scan}`)
    const names = await parquetNames(database, path)
    const [[rowCount]] = await database.rows(`SELECT count(*) FROM ${scan}`) // from the footer, at no cost
    return {
      path,
      columns: described.map(([identifier, type], i) => ({
        name: names[i] ?? String(identifier),
        identifier: String(identifier),
        type: String(type),
      })),
      check: async () => ({
        rowCount: Number(rowCount),
        scans: [scan],
        placeOf: async (row) => `row ${row + 1}`,
      }),
    }
  })
}

/** The columns' names as the file has them: a table of DuckDB's renames those that occur twice. */
async function parquetNames(database: Database, path: string): Promise<string[]> {
  const schema = await database.rows(`SELECT name, coalesce(num_children, 0) FROM parquet_schema([${exactPath(path)}])`)
  const names: string[] = []
  // The schema is a tree in preorder; its root is the table.
  for (let at = 1; at < schema.length; at = afterSubtree(schema, at)) names.push(String(schema[at][0]))
  return names
}

function afterSubtree(schema: readonly unknown[][], at: number): number {
  let open = 1
  let next = at
  while (open > 0 && next < schema.length) open += Number(schema[next++][1]) - 1
  return next
}

/** DuckDB takes *, ? and [ in a path for a pattern; in brackets they stand for themselves. */
export function exactPath(path: string): string {
  return literal(resolve(path).replace(/[[*?]/g, '[$&]'))
}

/** Adds the file's name to what DuckDB says while it reads it. */
export async function readingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (!isErrorOf(DATA_ERRORS, cause) || cause.code !== 'DATABASE_FAILED') throw cause
    throw dataError(
      'FILE_UNREADABLE',
      `Data file ${shownPath(path)}: cannot be read, DuckDB says: ${(cause.cause as Error).message.split('\n')[0]}. Check or copy the file again.`,
    )
  }
}
