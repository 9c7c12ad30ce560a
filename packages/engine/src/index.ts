export { bitsOf } from './bits.ts'
export { GPU_MINIBATCH_ROWS } from './choose-engine.ts'
export { createEngine, type EngineSettings } from './create-engine.ts'
export {
  ACCEPTED,
  type Engine,
  isTooFar,
  type LearningBatch,
  type Minibatch,
  type OptimiserState,
  type Recurrence,
  type Selection,
  type UpdateStats,
} from './engine.ts'
export { ENGINE_ERRORS } from './errors.ts'
export { familyOf, whyNoNativeEngine } from './native/native-engine.ts'
export { createPortableEngine } from './portable/portable-engine.ts'
export { type BackendReport, type BackendsReport, probeBackends } from './probe/probe-backends.ts'
export { minibatchOf } from './selection.ts'
export { BACKENDS, type BackendName } from './tfjs/backend-names.ts'
export { TENSORFLOW_PACKAGES, TENSORFLOW_VERSION } from './tfjs/optional-packages.ts'
