import { VigilError } from '@vigil/errors'
import { type REQUEST_ERRORS, requestError } from '../errors.ts'

/** HTTP status by code of this package; other codes have 400 for what is wrong with the request, and 500 for what failed here. */
const STATUS: Readonly<Partial<Record<string, number>>> = {
  UNAUTHORISED: 401,
  ORIGIN_FOREIGN: 403,
  NOT_FOUND: 404,
  REQUEST_SLOW: 408,
  ID_CONFLICT: 409,
  BODY_SIZE: 413,
  BODY_TYPE: 415,
  HOST_UNKNOWN: 421,
  RATE: 429,
  OVERLOADED: 503,
  STOPPING: 503,
  LOGITS: 500,
  FEEDBACK_FILE: 500,
} satisfies Partial<Record<keyof typeof REQUEST_ERRORS | 'LOGITS' | 'FEEDBACK_FILE', number>>

export function statusCodeOf({ code, kind }: VigilError): number {
  return STATUS[code] ?? (kind === 'failure' ? 500 : 400)
}

/** What a request fails with, as an error of ours; a defect keeps its cause for the log, and its answer says nothing of it. */
export function refusalOf(error: unknown): VigilError {
  if (error instanceof VigilError) return error
  const { code, statusCode = 500, message } = error as { code?: string; statusCode?: number; message: string }
  if (statusCode === 413) {
    return requestError(
      'BODY_SIZE',
      'Request: needs a smaller body. Send events as lines, with the type application/x-ndjson.',
    )
  }
  if (statusCode === 415) {
    return requestError('BODY_TYPE', 'Request: needs a body of the type application/json or application/x-ndjson.')
  }
  if (statusCode >= 400 && statusCode < 500) {
    return requestError(
      'REQUEST_MALFORMED',
      `Request: needs to be HTTP as it is written, received another one (${code ?? message}).`,
    )
  }
  return requestError('DEFECT', 'This is a defect of Vigil, not of the request. The log of the service tells more.', {
    cause: error,
  })
}
