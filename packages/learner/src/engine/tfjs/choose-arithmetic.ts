import type { NetworkSpec } from '@vigil/policy-wasm'
import type { StartedBackend } from './backend.ts'
import { batchedArithmetic } from './batched-arithmetic.ts'
import type { TeamArithmetic } from './team-arithmetic.ts'
import { xnnpackArithmetic } from './xnnpack-arithmetic.ts'

/** The one place where the backend decides how the team is computed. */
export function chooseArithmetic(backend: StartedBackend['name'], spec: NetworkSpec): TeamArithmetic {
  return backend === 'wasm' ? xnnpackArithmetic(spec) : batchedArithmetic(spec)
}
