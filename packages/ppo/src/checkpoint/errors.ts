import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a checkpoint cannot be used. The message names the file. */
export const CHECKPOINT_ERRORS = {
  MISSING: ['data', 'there is no such checkpoint'],
  UNREADABLE: ['data', 'the system does not give the bytes of the checkpoint'],
  DAMAGED: ['data', 'the file is not a whole checkpoint'],
  FOREIGN: ['data', 'the checkpoint belongs to another run'],
  OUTDATED: ['data', 'the checkpoint is of an earlier version, by which agents read inputs that are hidden now'],
} as const satisfies ErrorTable

export const checkpointError = errorsOf(CHECKPOINT_ERRORS)
