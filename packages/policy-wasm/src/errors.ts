import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a network cannot be built or run. */
export const POLICY_ERRORS = {
  NETWORK_SPEC: ['usage', 'the shape of the network breaks a limit'],
  NOT_BUILT: ['failure', 'policy.wasm has not been built yet'],
  TRAP: ['failure', 'an internal assertion of the WebAssembly module failed'],
} as const satisfies ErrorTable

export const policyError = errorsOf(POLICY_ERRORS)
