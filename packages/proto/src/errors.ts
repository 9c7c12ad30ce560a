/**
 * Why a message was refused. Stable: callers and tests match on these words.
 *
 *   BIG_ENDIAN_HOST  this machine stores numbers the other way round
 *   SHAPE            a shape, count or expectation is no usable number, or differs from the expected one
 *   LENGTH           an array does not hold as many values as the shape says
 *   SIZE             the message is larger or smaller than its shape allows
 *   MALFORMED        not a protobuf message
 *   FORMAT_VERSION   written by another version of this package
 *   POLICY_VERSION   not a safe integer >= 0
 *   FINGERPRINT      the message is about another dataset
 *   NOT_FINITE       NaN or infinity in an array of floats
 *   OUT_OF_RANGE     an action, flag, row number or log-probability that cannot be
 */
export type ProtoErrorCode =
  | 'BIG_ENDIAN_HOST'
  | 'SHAPE'
  | 'LENGTH'
  | 'SIZE'
  | 'MALFORMED'
  | 'FORMAT_VERSION'
  | 'POLICY_VERSION'
  | 'FINGERPRINT'
  | 'NOT_FINITE'
  | 'OUT_OF_RANGE'

/** The parts of an error message, each without a full stop. */
export type ProtoErrorDetail = {
  /** what is wrong, e.g. 'Trajectory.rows' */
  readonly field: string
  /** what it must be, e.g. 'must hold 8 bytes' */
  readonly requirement: string
  readonly received: string
  /** what a person can do about it */
  readonly remedy: string
}

/** The only error that this package throws. */
export class ProtoError extends Error {
  readonly code: ProtoErrorCode

  constructor(
    code: ProtoErrorCode,
    { field, requirement, received, remedy }: ProtoErrorDetail,
    options?: ErrorOptions,
  ) {
    super(`${field} ${requirement}, received ${received}. ${remedy}.`, options)
    this.name = 'ProtoError'
    this.code = code
  }
}

/** The remedy where a sound sender cannot have produced what was received. */
export const damagedRemedy = 'The message is damaged or its sender is faulty: discard it and ask for it again'
