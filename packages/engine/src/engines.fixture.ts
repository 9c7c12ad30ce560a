/** Every engine that this machine has, for the tests of what all of them have to keep. */
import { loadNativeKernels } from '@vigil/engine-native'
import type { NetworkSpec } from '@vigil/policy-wasm'
import type { Engine } from './engine.ts'
import { createNativeEngine } from './native/native-engine.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import { WHY_MISSING } from './tfjs/optional-backend.fixture.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

type Create = (options: { spec: NetworkSpec; inputMask?: Uint8Array }) => Promise<Engine>
/** By a name for people. */
export const ENGINES: Record<string, Create> = {
  'tfjs on wasm': (options) => createTfjsEngine({ backend: 'wasm', threads: 1, ...options }),
  'tfjs on cpu': (options) => createTfjsEngine({ backend: 'cpu', ...options }),
  portable: (options) => createPortableEngine({ threads: 2, ...options }),
}
const native = loadNativeKernels()
if (typeof native !== 'string') {
  // native-engine.test.ts fails where a compiler is and the add-on is not.
  for (const family of native.families) {
    ENGINES[`native on ${family}`] = async (options) => createNativeEngine({ threads: 2, family, ...options })
  }
}
for (const backend of ['tensorflow', 'webgpu'] as const) {
  if (WHY_MISSING[backend] !== null) continue // optional-backends.test.ts prints the reason
  ENGINES[`tfjs on ${backend}`] = (options) => createTfjsEngine({ backend, ...options })
}
