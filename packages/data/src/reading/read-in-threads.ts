import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { dataError } from '../errors.ts'
import { markOf } from './open-bytes.ts'
import { formatOf, readTable, type SourceStyle } from './read-table.ts'
import type { Share, Table, TablePlan } from './table-builder.ts'

/** Files of fewer bytes are read faster than threads begin. */
const BYTES_FEW = 64e6

/** Every thread divides all lines, so that more than these gain little. */
const THREADS_MAX = 4

/** What a thread is asked. */
export type ShareRequest = {
  readonly paths: readonly string[]
  readonly style: SourceStyle
  readonly plan: Omit<TablePlan, 'keep'>
}

/** What it answers; an error has no code when it arrives, so it goes as words. */
export type ShareAnswer = { readonly table: Table } | { readonly failure: string }

/**
 * Reads files into one table, as `readTable` does, with several threads where that is faster: each reads all the lines and
 * keeps the cells of its own columns. The table is the same whatever their number.
 *
 * @param threads how many; left out = as many as the machine has, where files are large
 * @throws {VigilError} as readTable
 */
export async function readInThreads(
  paths: readonly string[],
  style: SourceStyle,
  plan: TablePlan,
  progress: (path: string, index: number, count: number) => void,
  threads?: number,
): Promise<Table> {
  const count = threads ?? (await threadsFor(paths, style, plan))
  if (count === 1) return await readTable(paths, style, plan, progress)
  const others = Array.from({ length: count - 1 }, (_, i) => startThread({ index: i + 1, count }, paths, style, plan))
  try {
    // What is wrong with a file this thread finds too, and its error is the one that is thrown.
    const own = await readTable(paths, style, { ...plan, share: { index: 0, count } }, progress)
    return joined([own, ...(await Promise.all(others.map(({ answer }) => answer)))])
  } finally {
    await Promise.all(others.map(({ worker }) => worker.terminate()))
  }
}

/** Several for large files of plain lines, of which all rows are kept. */
async function threadsFor(
  paths: readonly string[],
  { format, encoding }: SourceStyle,
  plan: TablePlan,
): Promise<number> {
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0)
  if (plan.keep !== null || bytes < BYTES_FEW) return 1
  for (const path of paths) {
    if ((await markOf(path)) !== 'text') return 1
    const own = format === 'auto' ? await formatOf(path, encoding) : format
    if (own !== 'csv' && own !== 'tsv' && own !== 'zeek') return 1
  }
  return Math.min(THREADS_MAX, availableParallelism())
}

function startThread(share: Share, paths: readonly string[], style: SourceStyle, { keep: _, ...plan }: TablePlan) {
  const request: ShareRequest = { paths, style, plan: { ...plan, share } }
  const worker = new Worker(new URL('./share-worker.ts', import.meta.url), { workerData: request })
  const answer = new Promise<Table>((resolve, reject) => {
    worker.once('message', (message: ShareAnswer) => {
      if ('table' in message) resolve(message.table)
      else reject(failed(message.failure))
    })
    worker.once('error', (cause) => reject(failed((cause as Error).message)))
  })
  // It is waited for when this thread is done; until then nobody hears of its failure.
  answer.catch(() => undefined)
  return { worker, answer }
}

/** Columns in the order of the files, which they were dealt out in. */
function joined(tables: readonly Table[]): Table {
  const [own] = tables
  const other = tables.find(({ rowCount }) => rowCount !== own.rowCount)
  if (other !== undefined) throw failed(`one found ${own.rowCount} rows, another ${other.rowCount}`)
  const dealt = tables.map(({ columns }) => [...columns])
  const columns = dealt[0].flatMap((_, round) => dealt.flatMap((share) => share.slice(round, round + 1)))
  return { ...own, columns: new Map(columns) }
}

function failed(complaint: string): Error {
  return dataError(
    'FILE_UNREADABLE',
    `Data files: threads that read them disagree: ${complaint}. Make sure that nothing writes to them.`,
  )
}
