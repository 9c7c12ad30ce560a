import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why an environment cannot be built or run. */
export const ENVIRONMENT_ERRORS = {
  ENVIRONMENT_SPEC: ['failure', 'a setting of the environment is out of range'],
  LANE_STATE: ['data', 'saved lane states are not those of this environment'],
  SPECIFICATION: ['usage', 'a specification cannot be watched; the cause is an error of stl where there is one'],
  SITES: ['data', 'streams cannot be put in the order of their sites'],
  NOT_BUILT: ['failure', 'env.wasm has not been built yet'],
  TRAP: ['failure', 'an internal assertion of the WebAssembly module failed'],
} as const satisfies ErrorTable

export const environmentError = errorsOf(ENVIRONMENT_ERRORS)
