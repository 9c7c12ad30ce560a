import { type ErrorTable, errorsOf } from '@vigil/errors'

export const PACKAGE_ERRORS = {
  PACK_INCOMPLETE: ['failure', 'a file that the published package needs is missing'],
  PACK_FAILED: ['failure', 'the compiler or npm refused to make the package'],
} as const satisfies ErrorTable

export const packageError = errorsOf(PACKAGE_ERRORS)
