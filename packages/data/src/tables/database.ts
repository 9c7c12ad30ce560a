import type { DuckDBConnection } from '@duckdb/node-api'
import { dataError } from '../errors.ts'

/** An in-memory DuckDB. One connection, queries one after another. */
export type Database = {
  /** Runs statements that return nothing. */
  run(sql: string): Promise<void>
  /** Reads a small result as rows of JavaScript values. */
  rows(sql: string): Promise<unknown[][]>
  /** Reads columns of numbers, NULL as NaN: one Float64Array [rowCount] per column of the query. */
  numbers(sql: string, rowCount: number): Promise<Float64Array[]>
  /** Reads columns of integers within 32 bits, NULL as -1: one Int32Array [rowCount] per column of the query. */
  integers(sql: string, rowCount: number): Promise<Int32Array[]>
  /** Reads a result row by row: numbers, text and null; the array is reused. */
  each(sql: string, row: (cells: readonly (number | string | null)[]) => void): Promise<void>
  /** Reads columns of the type BIGINT, NULL as 0: one BigInt64Array [rowCount] per column of the query. */
  bigIntegers(sql: string, rowCount: number): Promise<BigInt64Array[]>
  /** Appends rows of text to a table, cell by cell in the order of its columns, until it is closed. */
  appender(table: string): Promise<{ append(cells: readonly string[]): void; close(): void }>
  close(): void
}

/** @throws {VigilError} DATABASE_FAILED from every method when DuckDB does not do it; the cause is its error */
export async function openDatabase(): Promise<Database> {
  // Only here: most commands that know data read no table, and its library is large.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  // No extension may be fetched, and the order of a file's rows is part of the meaning.
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
  })
  const connection = await instance.connect()
  return {
    run: async (sql) => {
      await guarded(() => connection.run(sql))
    },
    rows: async (sql) => (await guarded(() => connection.runAndReadAll(sql))).getRowsJS(),
    numbers: (sql, rowCount) =>
      guarded(() => readColumns(connection, sql, () => new Float64Array(rowCount), "'NaN'::DOUBLE")),
    integers: (sql, rowCount) => guarded(() => readColumns(connection, sql, () => new Int32Array(rowCount), '-1')),
    each: (sql, row) => guarded(() => eachRow(connection, sql, row)),
    bigIntegers: (sql, rowCount) => guarded(() => readColumns(connection, sql, () => new BigInt64Array(rowCount), '0')),
    appender: (table) =>
      guarded(async () => {
        const appender = await connection.createAppender(table)
        return {
          append: (cells) => {
            for (const cell of cells) appender.appendVarchar(cell)
            appender.endRow()
          },
          close: () => appender.closeSync(),
        }
      }),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/**
 * Streams a result into typed arrays, chunk by chunk, so that no object per row exists.
 *
 * @param missing SQL for what NULL becomes: the binding asks of every item by a bit of a BigInt where some are NULL
 */
async function readColumns<A extends Float64Array | Int32Array | BigInt64Array>(
  connection: DuckDBConnection,
  sql: string,
  create: () => A,
  missing: string,
): Promise<A[]> {
  const result = await connection.stream(`SELECT coalesce(COLUMNS(*), ${missing}) FROM (${sql})`)
  const columns = Array.from({ length: result.columnCount }, create)
  const length = columns[0]?.length ?? 0
  let start = 0
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const { rowCount } = chunk
    if (start + rowCount > length) throw new RangeError(`query gave more than the expected ${length} rows`)
    for (const [c, column] of columns.entries()) {
      const vector = chunk.getColumnVector(c)
      for (let i = 0; i < rowCount; i++) column[start + i] = vector.getItem(i) as A[number]
    }
    start += rowCount
  }
  if (start !== length) throw new RangeError(`query gave ${start} rows, expected ${length}`)
  return columns
}

async function eachRow(
  connection: DuckDBConnection,
  sql: string,
  row: (cells: readonly (number | string | null)[]) => void,
): Promise<void> {
  const result = await connection.stream(sql)
  const cells: (number | string | null)[] = new Array(result.columnCount).fill(null)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const vectors = cells.map((_, c) => chunk.getColumnVector(c))
    const { rowCount } = chunk
    for (let i = 0; i < rowCount; i++) {
      for (let c = 0; c < cells.length; c++) cells[c] = vectors[c].getItem(i) as number | string | null
      row(cells)
    }
  }
}

/** DuckDB's errors become data errors: what it is asked here is fixed, what it finds in files and memory is not. */
async function guarded<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query()
  } catch (cause) {
    if (cause instanceof RangeError || !(cause instanceof Error)) throw cause
    throw dataError(
      'DATABASE_FAILED',
      `Data in memory: DuckDB could not work on them and says: ${cause.message.split('\n')[0]}. Free memory or give fewer rows.`,
      { cause },
    )
  }
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as an SQL identifier. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
