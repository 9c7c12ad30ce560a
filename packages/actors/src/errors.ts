/**
 * - `NOT_BUILT`: rollout.wasm has not been built yet.
 * - `MEMORY`: dataset and buffers do not fit into one WebAssembly memory.
 * - `SHARD_FAILED`: a shard failed in every attempt.
 * - `NON_FINITE_POLICY`: the policy gave NaN or infinite logits.
 * - `TRAP`: an internal assertion of the WebAssembly module failed.
 * - `RECURRENT_STATE`: saved recurrent states that do not fit the network, or are not finite.
 * - `SPECIFICATION_VALUE`: a specification that has no value at some step, such as a division by zero.
 * - `NO_POLICY`: work was asked for before a policy was published.
 * - `SAMPLING`: rows that `sampling` cannot be drawn from.
 * - `BUSY`: work was asked for that cannot go beside the work under way.
 */
export type ActorErrorCode =
  | 'NOT_BUILT'
  | 'MEMORY'
  | 'SHARD_FAILED'
  | 'NON_FINITE_POLICY'
  | 'TRAP'
  | 'RECURRENT_STATE'
  | 'SPECIFICATION_VALUE'
  | 'NO_POLICY'
  | 'SAMPLING'
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
