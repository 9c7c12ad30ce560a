import { globSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'

const NAMES = /\.(csv|tsv|txt|log|json|jsonl|ndjson|parquet)(\.gz|\.zst)?$/i

/** More files than this are taken for a wrong pattern. */
const FILES_MAX = 10_000

/**
 * The files that names, folders and patterns mean, each once, in the order in which they are named; those of a folder or
 * pattern in the order of their names.
 *
 * @param base folder that relative names begin in
 * @throws {VigilError} PATH_MISSING, PATH_EMPTY
 */
export function findSources(patterns: readonly string[], base: string): string[] {
  const found = new Set<string>()
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : join(base, pattern)
    const before = found.size
    for (const file of filesOf(path)) found.add(resolve(file))
    if (found.size === before) {
      const begin = base === '.' ? 'the folder that the command is given in' : "the description's folder"
      throw dataError(
        'PATH_MISSING',
        `Data files: needs files at ${shownPath(path)}, which there are not. Names are relative to ${begin}.`,
      )
    }
  }
  if (found.size <= FILES_MAX) return [...found]
  throw dataError(
    'PATH_EMPTY',
    `Data files: ${FILES_MAX} files may be read, received ${found.size}. Give a narrower pattern.`,
  )
}

function filesOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile() === true) return [path]
  const pattern = stat?.isDirectory() === true ? join(path, '*') : path
  return globSync(pattern)
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
    .filter((file) => stat === undefined || NAMES.test(file))
    .sort()
}
