import { harmlessText } from '@vigil/command-line'
import { type ErrorTable, errorsOf, type VigilError } from '@vigil/errors'

/** Why data cannot be inspected. @public docs/errors.md is made of it */
export const INSPECT_ERRORS = {
  LABEL_UNKNOWN: ['usage', 'no column has the name that was given for the label'],
} as const satisfies ErrorTable

const errorOf = errorsOf(INSPECT_ERRORS)

/** The message is one line of harmless characters, whatever the names are. */
export function inspectError(code: keyof typeof INSPECT_ERRORS, message: string): VigilError {
  return errorOf(code, harmlessText(message, 1000))
}
