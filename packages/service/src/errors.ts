import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can keep a team from deciding on live events. */
export const SERVICE_ERRORS = {
  UNDECIDABLE: ['data', 'a bundle of a team that cannot decide on live events'],
  EVENT_MALFORMED: ['data', 'a line of the input that is no JSON object, or too long'],
  ROWS_INVALID: ['usage', 'the rows that a decider shall take at once are not 1 to 4096'],
  LOGITS: ['data', 'weights that give no number for an event'],
} as const satisfies ErrorTable

/** An error of this package. */
export const serviceError = errorsOf(SERVICE_ERRORS)
