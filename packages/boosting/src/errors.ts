import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can be wrong with boosted trees. Messages are one line, to be shown as they are. */
export const BOOSTING_ERRORS = {
  MODEL_INVALID: ['data', 'a saved model does not hold what it must'],
} as const satisfies ErrorTable

export const boostingError = errorsOf(BOOSTING_ERRORS)
