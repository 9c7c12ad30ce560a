import { open, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  FLOAT,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { systemReason } from '@vigil/command-line'
import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'
import { literal, quoted } from '../tables/database.ts'

/** One column of a file to write. */
export type OutputColumn = {
  readonly name: string
  readonly type: 'float' | 'double' | 'integer' | 'boolean' | 'text'
  /** The value of a row; null = missing. */
  readonly at: (row: number) => number | boolean | string | null
}

const TYPES: Readonly<Record<OutputColumn['type'], DuckDBType>> = {
  float: FLOAT,
  double: DOUBLE,
  integer: INTEGER,
  boolean: BOOLEAN,
  text: VARCHAR,
}

/** Rows that DuckDB takes at a time. */
const CHUNK_ROWS = 2048

/**
 * Writes columns as one Parquet file: a file beside it is written to the end and renamed.
 *
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function writeParquet(path: string, columns: readonly OutputColumn[], rowCount: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'true' })
  const connection = await instance.connect()
  try {
    const declared = columns.map(({ name, type }) => `${quoted(name)} ${TYPES[type]}`).join(', ')
    await connection.run(`CREATE TABLE output (${declared})`)
    const appender = await connection.createAppender('output')
    const types = columns.map(({ type }) => TYPES[type])
    for (let start = 0; start < rowCount; start += CHUNK_ROWS) {
      const size = Math.min(CHUNK_ROWS, rowCount - start)
      const chunk = DuckDBDataChunk.create(types, size)
      chunk.setColumns(columns.map(({ at }) => Array.from({ length: size }, (_, i) => at(start + i))))
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    await connection.run(
      `COPY output TO ${literal(resolve(path))} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE true)`,
    )
  } catch (cause) {
    if (!(cause instanceof Error) || !/IO Error|Cannot open|No space/i.test(cause.message)) throw cause
    throw dataError(
      'FILE_UNWRITABLE',
      `Output file ${shownPath(path)}: cannot be written, DuckDB says: ${cause.message.split('\n')[0]}. Choose a folder that exists and may be written to.`,
      { cause },
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/**
 * Makes sure, before any work, that files can be made: none is there, not even as a link to nowhere, no two are the same, and
 * their folders take files. Each is made for a moment while those before it are there.
 *
 * @throws {VigilError} FILE_EXISTS, FILE_UNWRITABLE
 */
export async function requireNewFiles(paths: readonly string[]): Promise<void> {
  const made: string[] = []
  try {
    for (const path of paths) {
      await makeNewFile(path)
      made.push(path)
    }
  } finally {
    for (const path of made) await rm(path)
  }
}

async function makeNewFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx')).close()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw dataError(
        'FILE_EXISTS',
        `Output file ${shownPath(path)}: needs a new file of its own, and this one exists. Give another --out or --card, or remove it.`,
      )
    }
    throw dataError(
      'FILE_UNWRITABLE',
      `Output file ${shownPath(path)}: cannot be written: ${systemReason(cause)}. Choose a folder that exists and may be written to.`,
      { cause },
    )
  }
}
