/** Stable reasons why an engine refuses; the message says what to do. */
export type EngineErrorCode =
  | 'BACKEND_UNAVAILABLE'
  | 'MINIBATCH_SHAPE'
  | 'SETTINGS'
  | 'STATE_SHAPE'
  | 'STATE_MISSING'
  | 'NOT_FINITE'
  | 'MEMORY'
  | 'THREAD_FAILED'
  | 'DEVICE_FAILED'

/** An engine cannot run, or was given something that does not fit its network. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
