import { availableParallelism } from 'node:os'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { chooseEngine, type EngineRequest } from './choose-engine.ts'
import type { Engine } from './engine.ts'
import { createNativeEngine, hasNativeEngine } from './native/native-engine.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import type { BackendChoice } from './tfjs/backend.ts'
import { isInstalled, TENSORFLOW_PACKAGES, WEBGPU_PACKAGES } from './tfjs/optional-packages.ts'

/** Which engine computes updates, and on what. */
export type EngineSettings = EngineRequest & {
  readonly engineThreads: 'auto' | number
  /** T, steps of the segments that a recurrent network is trained on. */
  readonly rolloutSteps: number
}

/**
 * The engine that the settings ask for; `chooseEngine` says what `auto` is. TF.js is loaded only when it may be used.
 *
 * @param inputMask [A, P] 1 = learns, 0 = frozen; null = all learn
 * @throws {VigilError} BACKEND_UNAVAILABLE with the command that makes it available, MEMORY
 * @example
 * const engine = await createEngine({ engine: 'auto', backend: 'auto', engineThreads: 'auto', minibatchSize: 1024, rolloutSteps: 16 }, network, null)
 */
export async function createEngine(
  settings: EngineSettings,
  spec: NetworkSpec,
  inputMask: Uint8Array | null,
): Promise<Engine> {
  const { engineThreads, rolloutSteps } = settings
  const mask = inputMask === null ? {} : { inputMask }
  const choice = await chooseEngine(settings, { startOnGpu, hasNativeEngine })
  if (choice.engine !== 'tfjs') {
    const create = choice.engine === 'native' ? createNativeEngine : createPortableEngine
    return await create({
      spec,
      threads: engineThreads === 'auto' ? coreCount(8) : engineThreads,
      stepCount: spec.lstmHidden.length === 0 ? 1 : rolloutSteps,
      ...mask,
    })
  }
  const { createTfjsEngine } = await import('./tfjs/tfjs-engine.ts')
  // Every product of TF.js waits for all its threads: a second one on a busy core costs more than it brings.
  const threads = engineThreads === 'auto' ? (coreCount(8) >= 4 ? 2 : 1) : engineThreads
  return await createTfjsEngine({ spec, backend: choice.backend, threads, ...mask })
}

function coreCount(most: number): number {
  return Math.min(availableParallelism(), most)
}

async function startOnGpu(): Promise<BackendChoice | null> {
  // Without these packages, the usual case, nothing is loaded.
  if (![...TENSORFLOW_PACKAGES, ...WEBGPU_PACKAGES].some(isInstalled)) return null
  const backends = await import('./tfjs/backend.ts')
  return (await backends.startOnGpu())?.name ?? null
}
