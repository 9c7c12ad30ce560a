import { availableParallelism } from 'node:os'
import type { NetworkSpec } from '@vigil/policy-wasm'
import type { Engine } from './engine.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import type { BackendChoice } from './tfjs/backend.ts'
import { isInstalled, TENSORFLOW_PACKAGES, WEBGPU_PACKAGES } from './tfjs/optional-packages.ts'

/** Which engine computes updates, and on what. */
export type EngineSettings = {
  readonly engine: 'auto' | 'portable' | 'tfjs'
  /** Of TF.js. */
  readonly backend: BackendChoice
  readonly engineThreads: 'auto' | number
  /** T, steps of the segments that a recurrent network is trained on. */
  readonly rolloutSteps: number
}

/**
 * The engine that the settings ask for. `auto` is TF.js where a backend is named, or where TensorFlow or WebGPU is
 * installed and finds a GPU; else the portable engine. TF.js is loaded only when it may be used.
 *
 * @param inputMask [A, P] 1 = learns, 0 = frozen; null = all learn
 * @throws {VigilError} BACKEND_UNAVAILABLE with the command that makes it available, MEMORY
 */
export async function createEngine(
  { engine, backend, engineThreads, rolloutSteps }: EngineSettings,
  spec: NetworkSpec,
  inputMask: Uint8Array | null,
): Promise<Engine> {
  const mask = inputMask === null ? {} : { inputMask }
  const tfjsBackend = await chooseTfjsBackend(engine, backend)
  if (tfjsBackend === null) {
    return await createPortableEngine({
      spec,
      threads: engineThreads === 'auto' ? coreCount(8) : engineThreads,
      stepCount: spec.lstmHidden.length === 0 ? 1 : rolloutSteps,
      ...mask,
    })
  }
  const { createTfjsEngine } = await import('./tfjs/tfjs-engine.ts')
  // Every product of TF.js waits for all its threads: a second one on a busy core costs more than it brings.
  const threads = engineThreads === 'auto' ? (coreCount(8) >= 4 ? 2 : 1) : engineThreads
  return await createTfjsEngine({ spec, backend: tfjsBackend, threads, ...mask })
}

function coreCount(most: number): number {
  return Math.min(availableParallelism(), most)
}

/** The backend to run TF.js on; null = the portable engine. */
async function chooseTfjsBackend(
  engine: EngineSettings['engine'],
  backend: BackendChoice,
): Promise<BackendChoice | null> {
  if (engine === 'portable') return null
  if (engine === 'tfjs' || backend !== 'auto') return backend
  // Without these packages, the usual case, nothing is loaded.
  if (![...TENSORFLOW_PACKAGES, ...WEBGPU_PACKAGES].some(isInstalled)) return null
  const { startOnGpu } = await import('./tfjs/backend.ts')
  return (await startOnGpu())?.name ?? null
}
