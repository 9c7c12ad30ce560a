import { dataError, findSources, firstCells, formatOf, readTable, type Table, type TextEncoding } from '@vigil/data'
import { VigilError } from '@vigil/errors'
import { randomStream, randomUnit } from '@vigil/random'
import { headerOf } from './header.ts'

/** Of more rows than this one in 16 is read for guessing. */
const ROWS_WHOLE = 200_000
const ONE_OF = 16

/** Texts that mean that nothing is there; those of a description that says nothing of it. */
const MISSING = ['', '-', '(empty)', 'NaN', 'nan', 'null', 'NULL', 'None']

const ROWS_MAX = 40_000_000
const SEED = 42

/** Files of which nobody has said what they mean. */
export type RawTable = {
  readonly table: Table
  readonly paths: readonly string[]
  readonly format: string
  readonly encoding: TextEncoding
  /** Names of the columns where the files have none; `known` = whose they are. */
  readonly header: { readonly names: readonly string[]; readonly known: string | null } | null
}

/**
 * Reads files to look at them: every column as it is.
 *
 * @param data file, folder or pattern
 * @throws {VigilError} what reading a table throws
 */
export async function readRaw(data: string, progress: (message: string) => void): Promise<RawTable> {
  const paths = findSources([data], '.')
  try {
    return await readAs('utf-8', paths, progress)
  } catch (error) {
    // Nothing else tells the two apart.
    if (!(error instanceof VigilError && /needs UTF-8, received the byte/.test(error.message))) throw error
    return await readAs('cp1252', paths, progress)
  }
}

async function readAs(
  encoding: TextEncoding,
  paths: readonly string[],
  progress: (message: string) => void,
): Promise<RawTable> {
  const format = await formatOf(paths[0], encoding)
  const header = headerOf(await firstCells(paths[0], encoding))
  const random = randomStream(SEED, 'inspection')
  let row = 0
  const table = await readTable(
    paths,
    { format: 'auto', encoding, delimiter: null, header: header?.names ?? null },
    {
      readAs: { named: new Map(), others: 'auto' },
      missing: MISSING,
      timeUnit: null,
      keep: () => row++ < ROWS_WHOLE || randomUnit(random, row) < 1 / ONE_OF,
      rowsMax: ROWS_MAX,
    },
    (path) => progress(`reading ${path}`),
  )
  if (table.rowCount > 0) return { table, paths, format, encoding, header }
  throw dataError('PATH_EMPTY', 'Data files: need rows, received none. Give files with events.')
}
