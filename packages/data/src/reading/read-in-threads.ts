import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { isErrorOf } from '@vigil/errors'
import { DATA_ERRORS } from '../errors.ts'
import { divideFiles, type FilePart } from './divide-files.ts'
import { readFile, readTable, type SourceStyle } from './read-table.ts'
import { type Table, TableBuilder, type TablePart, type TablePlan } from './table-builder.ts'

/** Files of fewer bytes are read faster than threads begin. */
const BYTES_FEW = 64e6

const THREADS_MAX = 8

/** What a thread is asked. */
export type ShareRequest = {
  readonly share: readonly FilePart[]
  readonly style: SourceStyle
  readonly plan: TablePlan
}

/** What it answers; null = its share is not as it must be. */
export type ShareAnswer = TablePart | null

/**
 * Reads files into one table, as `readTable` does, with several threads where that is faster: each reads a share of the
 * lines. The table is the same whatever their number.
 *
 * @param threads how many; left out = as many as the machine has, where files are large
 * @throws {VigilError} as readTable
 */
export async function readInThreads(
  paths: readonly string[],
  style: SourceStyle,
  plan: TablePlan,
  progress: (path: string, index: number, count: number) => void,
  threads: number = threadsFor(paths),
): Promise<Table> {
  const isDivided = threads > 1 && plan.keep === null
  const table = isDivided ? await readShares(paths, style, { plan, threads, progress }) : null
  // A cut within quotation marks is no fault of the file; and what is wrong with a file, one thread names with its line.
  return table ?? (await readTable(paths, style, plan, progress))
}

function threadsFor(paths: readonly string[]): number {
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0)
  return bytes < BYTES_FEW ? 1 : Math.min(THREADS_MAX, availableParallelism())
}

/** @returns null where files cannot be divided, or their shares are not what one thread would read */
export async function readShares(
  paths: readonly string[],
  style: SourceStyle,
  {
    plan,
    threads,
    progress,
  }: {
    readonly plan: TablePlan
    readonly threads: number
    readonly progress: (path: string, index: number, count: number) => void
  },
): Promise<Table | null> {
  const others: ReturnType<typeof startThread>[] = []
  try {
    const shares = await divideFiles(paths, style, threads)
    if (shares === null) return null
    for (const share of shares.slice(1)) others.push(startThread({ share, style, plan }))
    const table = new TableBuilder(plan)
    for (const [index, { path, range }] of shares[0].entries()) {
      progress(path, index, paths.length)
      await readFile(table, path, style, range)
    }
    for (const { answer } of others) {
      const part = await answer
      if (part === null || !table.append(part)) return null
    }
    return table.finish()
  } catch (cause) {
    if (isErrorOf(DATA_ERRORS, cause)) return null
    throw cause
  } finally {
    await Promise.all(others.map(({ worker }) => worker.terminate()))
  }
}

function startThread(request: ShareRequest) {
  const worker = new Worker(new URL('./part-worker.ts', import.meta.url), { workerData: request })
  const answer = new Promise<ShareAnswer>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  // It is waited for when this thread is done; until then nobody hears of its failure.
  answer.catch(() => undefined)
  return { worker, answer }
}
