import { harmlessText } from '@vigil/command-line'
import { type ErrorTable, errorsOf, type VigilError } from '@vigil/errors'

/** What can be wrong with a saved pipeline. */
export const FEATURE_ERRORS = {
  PIPELINE_INVALID: ['data', 'a saved pipeline that does not hold what it must'],
  PIPELINE_MISMATCH: ['data', 'a saved pipeline made for other data or another profile'],
} as const satisfies ErrorTable

const errorOf = errorsOf(FEATURE_ERRORS)

/** The message is one line, bounded, of harmless characters only, whatever the file holds: it can be shown as it is. */
export function featureError(code: keyof typeof FEATURE_ERRORS, message: string): VigilError {
  return errorOf(code, harmlessText(message, 1000))
}
