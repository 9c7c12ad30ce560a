import { harmlessText } from '@vigil/command-line'
import { type ErrorTable, errorsOf, type VigilError } from '@vigil/errors'

/** What can be wrong with a saved pipeline, a plan of history, or the events that they are applied to. */
export const FEATURE_ERRORS = {
  PIPELINE_INVALID: ['data', 'a saved pipeline that does not hold what it must'],
  PIPELINE_MISMATCH: ['data', 'a saved pipeline made for other data or another profile'],
  HISTORY_INVALID: ['data', 'a plan of history that does not hold what it must, or needs too much memory'],
  HISTORY_MISMATCH: ['data', 'a plan of history made for events with other keys or columns'],
  READING_MISSING: ['data', 'a saved pipeline that does not tell how raw events are read'],
  HISTORY_KEPT: ['data', 'a kept past that is not of the history that takes it'],
  EVENT_INVALID: ['data', 'a live event with a value that cannot be what its key or column needs'],
} as const satisfies ErrorTable

const errorOf = errorsOf(FEATURE_ERRORS)

/** The message is one line, bounded, of harmless characters only, whatever the file holds: it can be shown as it is. */
export function featureError(code: keyof typeof FEATURE_ERRORS, message: string): VigilError {
  return errorOf(code, harmlessText(message, 1000))
}
