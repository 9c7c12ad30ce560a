import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What the algorithm refuses. */
export const PPO_ERRORS = {
  SHAPE: [
    'failure',
    'an array does not hold as many values as its axes say: a mistake of the caller, never of the user',
  ],
  BAD_STATE: ['data', 'saved statistics of returns that no training can have produced'],
  ANSWERED: ['usage', 'exact expected returns where an analyst might answer within a stream'],
  NOT_FINITE: ['data', 'returns that hold NaN or infinity'],
} as const satisfies ErrorTable

export const ppoError = errorsOf(PPO_ERRORS)

/** @throws {VigilError} SHAPE unless the array `field` holds `expected` values */
export function assertLength(field: string, received: number, expected: number): void {
  if (received === expected) return
  throw ppoError('SHAPE', {
    field,
    requirement: `must hold ${expected} values`,
    received: `${received} values`,
    remedy: 'Give every array the length that its axes say',
  })
}
