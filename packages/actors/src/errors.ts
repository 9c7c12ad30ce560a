import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What keeps the actors from working. */
export const ACTOR_ERRORS = {
  NOT_BUILT: ['failure', 'rollout.wasm has not been built yet'],
  MEMORY: ['data', 'dataset and buffers do not fit into one WebAssembly memory'],
  SHARD_FAILED: ['failure', 'a shard failed in every attempt'],
  NON_FINITE_POLICY: ['failure', 'the policy gave NaN or infinite logits'],
  TRAP: ['failure', 'an internal assertion of the WebAssembly module failed'],
  RECURRENT_STATE: ['data', 'saved recurrent states do not fit the network, or are not finite'],
  SPECIFICATION_VALUE: ['usage', 'a specification has no value at some step, as of a division by zero'],
  NO_POLICY: ['failure', 'work was asked for before a policy was published'],
  SAMPLING: ['usage', 'the dataset has no rows that sampling could draw from'],
  CONSEQUENCES: ['usage', 'the data lack what an environment with consequences is to show'],
  BUSY: ['failure', 'work was asked for that cannot go beside the work under way'],
} as const satisfies ErrorTable

export const actorError = errorsOf(ACTOR_ERRORS)
