import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ColumnPlan, type FittedColumn, inputsOf, isDense, type RawColumn } from '@vigil/features'
import type { RawEvents } from '../adapters/adapter.ts'
import { type ColumnWork, encodeGroup, type InputMatrices } from './encode-group.ts'

/** The inputs of a row lie together, so that as many columns are written together, and are in memory at a time. */
const GROUP_MAX = 8

/** Fewer rows are encoded faster than threads begin. */
const ROWS_FEW = 1_000_000

/** Each thread has the raw columns of a group in memory. */
const THREADS_MAX = 4

/** What becomes of the columns of events. */
export type Encoding = {
  /** What is fitted; with columns that are fitted already, what they grow by. */
  readonly plans: readonly ColumnPlan[]
  /** The training rows. */
  readonly rows: Uint32Array
  /** null = by the plans */
  readonly fitted: readonly FittedColumn[] | null
}

/** What a thread is asked for each group. */
export type GroupRequest = { readonly group: readonly ColumnWork[]; readonly matrices: InputMatrices }

/** What it answers; null = it could not, and an error has no code when it arrives. */
export type GroupAnswer = readonly FittedColumn[] | null

/**
 * Reads, fits and encodes the columns of events, group by group. The inputs are the same whatever the number of threads.
 *
 * @param threads how many; left out = as many as the machine has, where there are many rows
 */
export async function encodeColumns(
  events: Pick<RawEvents, 'rowCount' | 'column'>,
  { plans, rows, fitted }: Encoding,
  threads: number = threadsFor(events.rowCount),
) {
  const columns = fitted ?? plans.map((plan) => ({ ...plan, kind: plan.encoder.kind }))
  const growing = new Map(fitted === null ? [] : plans.map((plan) => [plan.name, plan]))
  const places = { dense: 0, categorical: 0 }
  const works = columns.map((column, i) => ({
    source: column.source,
    known: fitted?.[i] ?? null,
    plan: fitted === null ? plans[i] : growing.get(column.name),
    offset: places[isDense(column) ? 'dense' : 'categorical']++,
  }))
  // Threads may share them: where they are large, nobody copies them.
  const matrices: InputMatrices = {
    rows: new Uint32Array(new SharedArrayBuffer(4 * rows.length)),
    rowCount: events.rowCount,
    dense: new Float32Array(new SharedArrayBuffer(4 * events.rowCount * places.dense)),
    denseCount: places.dense,
    categorical: new Uint16Array(new SharedArrayBuffer(2 * events.rowCount * places.categorical)),
    categoricalCount: places.categorical,
  }
  matrices.rows.set(rows)
  const size = Math.min(GROUP_MAX, Math.max(1, Math.ceil(works.length / (2 * threads))))
  const groups = Array.from({ length: Math.ceil(works.length / size) }, (_, i) => works.slice(i * size, (i + 1) * size))
  const read = async (group: (typeof groups)[number]): Promise<ColumnWork[]> => {
    const raw: RawColumn[] = []
    for (const { source } of group) raw.push(await events.column(source))
    return group.map((work, i) => ({ ...work, raw: raw[i] }))
  }
  const done = threads === 1 ? await inTurn(groups, read, matrices) : await inThreads(groups, read, matrices, threads)
  const { dense, categorical } = matrices
  return { columns: done, matrices: { dense, categorical, ...inputsOf({ columns: done }) } }
}

function threadsFor(rowCount: number): number {
  return rowCount < ROWS_FEW ? 1 : Math.min(THREADS_MAX, availableParallelism())
}

async function inTurn<Group>(
  groups: readonly Group[],
  read: (group: Group) => Promise<readonly ColumnWork[]>,
  matrices: InputMatrices,
): Promise<FittedColumn[]> {
  const done: FittedColumn[] = []
  for (const group of groups) done.push(...encodeGroup(await read(group), matrices))
  return done
}

/** Each thread takes the next group when it is done with one. */
async function inThreads<Group>(
  groups: readonly Group[],
  read: (group: Group) => Promise<readonly ColumnWork[]>,
  matrices: InputMatrices,
  threads: number,
): Promise<FittedColumn[]> {
  const workers = Array.from(
    { length: Math.min(threads, groups.length) },
    () => new Worker(new URL('./group-worker.ts', import.meta.url)),
  )
  const done: (readonly FittedColumn[])[] = []
  let next = 0
  // Adapters read one column after another.
  let reading: Promise<unknown> = Promise.resolve()
  const work = async (worker: Worker) => {
    while (next < groups.length) {
      const place = next++
      const turn = reading.then(() => read(groups[place]))
      reading = turn.catch(() => undefined)
      const group = await turn
      // What is wrong with a column this thread finds too, and its error is the one that is thrown.
      done[place] = (await answerOf(worker, { group, matrices })) ?? encodeGroup(group, matrices)
    }
  }
  try {
    await Promise.all(workers.map(work))
    return done.flat()
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function answerOf(worker: Worker, request: GroupRequest): Promise<GroupAnswer> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (answer: GroupAnswer) => {
      worker.off('error', reject)
      resolve(answer)
    })
    worker.postMessage(request)
  })
}
