import { parentPort } from 'node:worker_threads'
import { isErrorOf } from '@vigil/errors'
import { FEATURE_ERRORS } from '@vigil/features'
import type { GroupAnswer, GroupRequest } from './encode-columns.ts'
import { encodeGroup } from './encode-group.ts'

/** Fits and encodes columns for `encodeColumns`, group after group. */
function answerTo({ group, matrices }: GroupRequest): GroupAnswer {
  try {
    return encodeGroup(group, matrices)
  } catch (cause) {
    if (isErrorOf(FEATURE_ERRORS, cause)) return null
    throw cause
  }
}

parentPort?.on('message', (request: GroupRequest) => parentPort?.postMessage(answerTo(request)))
