import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can be wrong with a model of streams. Messages are one line, to be shown as they are. */
export const HIDDEN_MARKOV_ERRORS = {
  STREAM_MODEL_INVALID: ['data', 'a saved hidden Markov model does not hold what it must'],
} as const satisfies ErrorTable

export const hiddenMarkovError = errorsOf(HIDDEN_MARKOV_ERRORS)
