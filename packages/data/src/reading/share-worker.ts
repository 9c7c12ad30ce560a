import { parentPort, workerData } from 'node:worker_threads'
import type { ShareAnswer, ShareRequest } from './read-in-threads.ts'
import { readTable } from './read-table.ts'

/** Reads some columns of a table for `readInThreads`; their numbers change hands without being copied. */
async function answerOf({ paths, style, plan }: ShareRequest): Promise<ShareAnswer> {
  try {
    return { table: await readTable(paths, style, { ...plan, keep: null }, () => undefined) }
  } catch (cause) {
    return { failure: (cause as Error).message }
  }
}

const answer = await answerOf(workerData as ShareRequest)
const columns = 'table' in answer ? [...answer.table.columns.values()] : []
parentPort?.postMessage(
  answer,
  columns.map(({ column }) => (column.kind === 'token' ? column.codes : column.values).buffer as ArrayBuffer),
)
