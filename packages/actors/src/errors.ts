/**
 * - `NOT_BUILT`: rollout.wasm has not been built yet.
 * - `MEMORY`: dataset and buffers do not fit into one WebAssembly memory.
 * - `SHARD_FAILED`: a shard failed in every attempt.
 * - `NON_FINITE_POLICY`: the policy gave NaN or infinite logits.
 * - `TRAP`: an internal assertion of the WebAssembly module failed.
 * - `RECURRENT_STATE`: saved recurrent states that do not fit the network, or are not finite.
 * - `NO_POLICY`: work was asked for before a policy was published.
 * - `BUSY`: work was asked for that cannot go beside the work under way.
 */
export type ActorErrorCode =
  | 'NOT_BUILT'
  | 'MEMORY'
  | 'SHARD_FAILED'
  | 'NON_FINITE_POLICY'
  | 'TRAP'
  | 'RECURRENT_STATE'
  | 'NO_POLICY'
  | 'BUSY'

/** Something that keeps the actors from working; the message says what was expected, what was found and what to do. */
export class ActorError extends Error {
  readonly code: ActorErrorCode

  constructor(code: ActorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ActorError'
    this.code = code
  }
}
