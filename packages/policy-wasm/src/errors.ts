/**
 * - `NETWORK_SPEC`: the shape of the network breaks a limit.
 * - `NOT_BUILT`: policy.wasm has not been built yet.
 * - `TRAP`: an internal assertion of the WebAssembly module failed.
 */
export type PolicyErrorCode = 'NETWORK_SPEC' | 'NOT_BUILT' | 'TRAP'

/** A network that cannot be built or run; the message says what was expected, what was found and what to do. */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode

  constructor(code: PolicyErrorCode, message: string) {
    super(message)
    this.name = 'PolicyError'
    this.code = code
  }
}
