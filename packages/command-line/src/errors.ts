import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can go wrong around any command. */
export const COMMAND_ERRORS = {
  UNKNOWN_FLAG: ['usage', 'a flag that does not exist'],
  INVALID_VALUE: ['usage', 'the value of a flag is of the wrong kind or out of range'],
  OUTPUT_FILE: ['usage', 'a file for the results cannot be written'],
  FILE_UNWRITABLE: ['failure', 'a file cannot be written; the cause is what the system said'],
  MEMORY: ['failure', 'Node has less heap than the command needs'],
} as const satisfies ErrorTable

export const commandError = errorsOf(COMMAND_ERRORS)
