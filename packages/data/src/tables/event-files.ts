import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { readingRemedy, systemReason } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { dataError } from '../errors.ts'

/** Files that hold one table between them, all of one format, in name order. */
export type EventFiles = { readonly format: 'parquet' | 'csv' | 'json'; readonly paths: readonly string[] }

const FORMATS = ['parquet', 'csv', 'json'] as const

/** Every Parquet file begins and ends with these four bytes. */
const PARQUET_MARK = 'PAR1'

/**
 * Finds the data files at a path: one .parquet, .csv or .json(.gz, .zst) file, or a folder of them (one format; sub-folders are not entered,
 * names that begin with a dot are passed over).
 *
 * @throws {VigilError} PATH_MISSING, PATH_UNSUPPORTED, PATH_EMPTY, FILE_TRUNCATED or FILE_UNREADABLE
 */
export function findEventFiles(path: string | null): EventFiles {
  if (path === null || path === '' || path.includes('\0')) {
    throw dataError(
      'PATH_MISSING',
      `Data path: needs a file or folder, received ${JSON.stringify(path)}. Give one with --data=PATH.`,
    )
  }
  const files = statOf(path).isDirectory() ? filesInFolder(path) : oneFile(path)
  for (const file of files.paths) checkFile(file, files.format)
  return files
}

function oneFile(path: string): EventFiles {
  const format = formatOf(path)
  if (format === null || !statOf(path).isFile()) {
    throw dataError(
      'PATH_UNSUPPORTED',
      `Data path: needs a .parquet, .csv or .json file, or a folder of them, received ${path}. Convert the data or give another path.`,
    )
  }
  return { format, paths: [path] }
}

function filesInFolder(folder: string): EventFiles {
  let names: string[]
  try {
    names = readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch (cause) {
    throw unreadable(folder, cause)
  }
  const found = FORMATS.map((format) => ({
    format,
    paths: names.filter((name) => formatOf(name) === format).map((name) => join(folder, name)),
  }))
  const present = found.filter((files) => files.paths.length > 0)
  // Beside tables JSON is a note on them.
  const tables = present.filter(({ format }) => format !== 'json')
  const used = tables.length > 0 ? tables : present
  if (used.length === 1) return used[0]
  if (used.length > 1) {
    throw dataError(
      'PATH_UNSUPPORTED',
      `Data folder: needs files of one format, received .parquet and .csv files in ${folder}. Move one kind elsewhere or give a single file.`,
    )
  }
  const content = names.length === 0 ? 'an empty folder' : `${names.length} other entries, e.g. ${names[0]}`
  throw dataError(
    'PATH_EMPTY',
    `Data folder: needs .parquet, .csv or .json files, received ${content}: ${folder}. Give the folder that holds the data.`,
  )
}

function formatOf(name: string): EventFiles['format'] | null {
  // Records in JSON are large and published packed.
  const ending = extname(name.replace(/\.json\.(gz|zst)$/i, '.json')).toLowerCase()
  return FORMATS.find((format) => ending === `.${format}`) ?? null
}

function statOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(path, cause)
    throw dataError(
      'PATH_MISSING',
      `Data path: needs an existing file or folder, received ${path}, which does not exist. Check --data.`,
    )
  }
}

/** Finds the commonest damage before DuckDB does, because its words for it differ from file to file. */
function checkFile(path: string, format: EventFiles['format']): void {
  const stat = statOf(path)
  if (!stat.isFile())
    throw dataError('PATH_UNSUPPORTED', `Data file: needs a plain file, received ${path}, which is none.`)
  if (stat.size === 0)
    throw dataError('PATH_EMPTY', `Data file: needs rows, received an empty file: ${path}. Copy it again.`)
  if (format !== 'parquet') return
  const [head, tail] = endsOf(path, stat.size)
  if (head !== PARQUET_MARK) {
    throw dataError(
      'FILE_UNREADABLE',
      `Data file: a Parquet file begins with ${PARQUET_MARK}, ${path} does not. It is of another kind; give a Parquet or CSV file.`,
    )
  }
  if (tail !== PARQUET_MARK || stat.size < 12) {
    throw dataError(
      'FILE_TRUNCATED',
      `Data file: a Parquet file ends with ${PARQUET_MARK}, ${path} does not (${stat.size} bytes). It is cut short; copy it again.`,
    )
  }
}

/** First and last four bytes. */
function endsOf(path: string, size: number): [string, string] {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    throw unreadable(path, cause)
  }
  try {
    const bytes = Buffer.alloc(8)
    readSync(file, bytes, 0, 4, 0)
    readSync(file, bytes, 4, 4, Math.max(0, size - 4))
    return [bytes.toString('latin1', 0, 4), bytes.toString('latin1', 4, 8)]
  } finally {
    closeSync(file)
  }
}

/** The error for a file or folder that the system does not let be read. */
export function unreadable(path: string, cause: unknown): VigilError {
  return dataError(
    'FILE_UNREADABLE',
    `Data path: needs to be readable, received ${path}: ${systemReason(cause)}. ${readingRemedy(cause)}`,
  )
}
