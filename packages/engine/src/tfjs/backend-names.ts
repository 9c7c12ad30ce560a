/** The backends of TensorFlow.js that the engine runs on. Apart from backend.ts, which loads TensorFlow.js. */
export const BACKENDS = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const

export type BackendName = (typeof BACKENDS)[number]
