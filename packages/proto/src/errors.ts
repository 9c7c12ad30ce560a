import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a message was refused. */
export const PROTO_ERRORS = {
  BIG_ENDIAN_HOST: ['failure', 'this machine stores numbers the other way round'],
  SHAPE: ['failure', 'a shape, count or expectation is no usable number, or differs from the expected one'],
  LENGTH: ['failure', 'an array does not hold as many values as the shape says'],
  SIZE: ['failure', 'the message is larger or smaller than its shape allows'],
  MALFORMED: ['failure', 'the bytes are no protobuf message'],
  FORMAT_VERSION: ['failure', 'the message was written by another version of proto'],
  POLICY_VERSION: ['failure', 'the version of the policy is not a safe integer from 0 on'],
  FINGERPRINT: ['failure', 'the message is about another dataset'],
  NOT_FINITE: ['failure', 'an array of floats holds NaN or infinity'],
  OUT_OF_RANGE: ['failure', 'an action, flag, row number or log-probability cannot be'],
} as const satisfies ErrorTable

export const protoError = errorsOf(PROTO_ERRORS)

/** The remedy where a sound sender cannot have produced what was received. */
export const damagedRemedy = 'The message is damaged or its sender is faulty: discard it and ask for it again'
