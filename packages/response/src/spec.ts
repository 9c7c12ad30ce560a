export type { ResponseSpec } from '@vigil/env-wasm'
