import { parentPort, workerData } from 'node:worker_threads'
import { isErrorOf } from '@vigil/errors'
import { DATA_ERRORS } from '../errors.ts'
import type { ShareAnswer, ShareRequest } from './read-in-threads.ts'
import { readFile } from './read-table.ts'
import { TableBuilder } from './table-builder.ts'

/** Reads some lines of a table for `readInThreads`; their numbers change hands without being copied. */
async function answerOf({ share, style, plan }: ShareRequest): Promise<ShareAnswer> {
  const table = new TableBuilder(plan)
  try {
    for (const { path, range } of share) await readFile(table, path, style, range)
    return table.part()
  } catch (cause) {
    if (isErrorOf(DATA_ERRORS, cause)) return null
    throw cause
  }
}

const answer = await answerOf(workerData as ShareRequest)
const columns = answer?.columns.flatMap(({ column }) => column ?? []) ?? []
parentPort?.postMessage(
  answer,
  columns.map((column) => (column.kind === 'token' ? column.codes : column.values).buffer as ArrayBuffer),
)
