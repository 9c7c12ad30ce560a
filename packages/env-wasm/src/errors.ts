/**
 * - `ENVIRONMENT_SPEC`: a setting of the environment is out of range.
 * - `LANE_STATE`: saved lane states are not those of this environment.
 * - `SPECIFICATION`: a specification that cannot be watched; the cause is packages/stl's StlError where it has one.
 * - `NOT_BUILT`: env.wasm has not been built yet.
 * - `TRAP`: an internal assertion of the WebAssembly module failed.
 */
export type EnvironmentErrorCode = 'ENVIRONMENT_SPEC' | 'LANE_STATE' | 'SPECIFICATION' | 'NOT_BUILT' | 'TRAP'

/** An environment that cannot be built or run; the message says what was expected, what was found and what to do. */
export class EnvironmentError extends Error {
  readonly code: EnvironmentErrorCode

  constructor(code: EnvironmentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EnvironmentError'
    this.code = code
  }
}
