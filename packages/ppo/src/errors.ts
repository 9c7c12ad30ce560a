/** The parts of an error message, each without a full stop. */
export type ErrorDetail = {
  /** what is wrong, e.g. 'rewards' */
  readonly field: string
  /** what it must be, e.g. 'must hold 8 values' */
  readonly requirement: string
  readonly received: string
  /** what a person can do about it */
  readonly remedy: string
}

/** An array does not hold as many values as its axes say. A mistake of the caller, never of the user. */
export class ShapeError extends Error {
  readonly code = 'SHAPE'

  constructor({ field, requirement, received, remedy }: ErrorDetail) {
    super(`${field} ${requirement}, received ${received}. ${remedy}.`)
    this.name = 'ShapeError'
  }
}

/**
 * Statistics of the returns that cannot be used.
 *
 *   BAD_STATE   a saved state that no training can have produced
 *   NOT_FINITE  returns that hold NaN or infinity
 */
export class ReturnNormaliserError extends Error {
  readonly code: 'BAD_STATE' | 'NOT_FINITE'

  constructor(code: 'BAD_STATE' | 'NOT_FINITE', { field, requirement, received, remedy }: ErrorDetail) {
    super(`${field} ${requirement}, received ${received}. ${remedy}.`)
    this.name = 'ReturnNormaliserError'
    this.code = code
  }
}

/** @throws {ShapeError} unless the array `field` holds `expected` values */
export function assertLength(field: string, received: number, expected: number): void {
  if (received === expected) return
  throw new ShapeError({
    field,
    requirement: `must hold ${expected} values`,
    received: `${received} values`,
    remedy: 'Give every array the length that its axes say',
  })
}
