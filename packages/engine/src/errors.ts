import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why an engine cannot run, or refuses what does not fit its network. */
export const ENGINE_ERRORS = {
  BACKEND_UNAVAILABLE: ['usage', 'a backend of TensorFlow.js does not start here'],
  MINIBATCH_SHAPE: ['failure', 'a minibatch does not fit the network'],
  SETTINGS: ['failure', 'settings of the update that cannot be'],
  STATE_SHAPE: ['failure', 'a state of the optimiser does not fit the network'],
  STATE_MISSING: ['failure', 'an update was asked for before there was a state'],
  NOT_FINITE: ['failure', 'the loss or the weights are no longer finite'],
  MEMORY: ['data', 'network and minibatches do not fit into memory'],
  THREAD_FAILED: ['failure', 'a thread of the engine ended'],
  DEVICE_FAILED: ['failure', 'a device of the backend failed'],
} as const satisfies ErrorTable

export const engineError = errorsOf(ENGINE_ERRORS)
