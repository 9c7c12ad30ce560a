import { type ErrorTable, errorsOf } from '@vigil/errors'

export const PACKAGE_ERRORS = {
  PACK_INCOMPLETE: ['failure', 'a file that the published package needs is missing'],
  PACK_FAILED: ['failure', 'the compiler or npm refused to make the package'],
  UNKNOWN_COMMAND: ['usage', 'a word behind `vigil` that is no command'],
  UNKNOWN_SHELL: ['usage', 'a shell that `vigil completion` has no script for'],
  NODE_OLD: ['usage', 'the package needs a newer Node'],
} as const satisfies ErrorTable

export const packageError = errorsOf(PACKAGE_ERRORS)
