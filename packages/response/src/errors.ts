import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why streams cannot be answered or a policy cannot be judged. */
export const RESPONSE_ERRORS = {
  STREAMS: ['failure', 'recorded streams do not hold what they must'],
  CHANGE_MODEL: ['failure', 'the numbers of a generator are no change-point model'],
  SCORE: ['failure', 'a score has no value for every row, or is a belief over events without ratios'],
  ACTION: ['failure', 'a policy gave no action 0, 1, 2 or 3'],
} as const satisfies ErrorTable

export const responseError = errorsOf(RESPONSE_ERRORS)
