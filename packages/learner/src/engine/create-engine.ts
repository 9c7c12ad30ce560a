import { availableParallelism } from 'node:os'
import type { NetworkSpec } from '@vigil/policy-wasm'
import type { Config } from '../config/config.ts'
import type { Engine } from './engine.ts'
import { createPortableEngine } from './portable/portable-engine.ts'

/**
 * The engine that the config asks for. `auto` is TF.js where a backend is named or TensorFlow's package for GPUs is
 * installed and finds one, else the portable engine. TF.js is loaded only when it is used.
 *
 * @param viewMask [A, P] 1 = learns, 0 = frozen; null = all learn
 * @throws {EngineError} BACKEND_UNAVAILABLE with the command that makes it available
 */
export async function createEngine(
  { engine, backend, engineThreads }: Pick<Config, 'engine' | 'backend' | 'engineThreads'>,
  spec: NetworkSpec,
  viewMask: Uint8Array | null,
): Promise<Engine> {
  const mask = viewMask === null ? {} : { viewMask }
  const wantsTfjs = engine === 'tfjs' || (engine === 'auto' && (backend !== 'auto' || (await findsGpu())))
  if (!wantsTfjs) {
    return await createPortableEngine({
      spec,
      threads: engineThreads === 'auto' ? coreCount(8) : engineThreads,
      ...mask,
    })
  }
  const { createTfjsEngine } = await import('./tfjs/tfjs-engine.ts')
  // Every product of TF.js waits for all its threads: a second one on a busy core costs more than it brings.
  const threads = engineThreads === 'auto' ? (coreCount(8) >= 4 ? 2 : 1) : engineThreads
  return await createTfjsEngine({ spec, backend, threads, ...mask })
}

function coreCount(most: number): number {
  return Math.min(availableParallelism(), most)
}

/** An optional peer: looked for, never required. */
const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu'

/** Whether TensorFlow's package for GPUs is there, and a GPU with it. */
async function findsGpu(): Promise<boolean> {
  try {
    import.meta.resolve(GPU_PACKAGE)
  } catch {
    return false // not installed, the usual case
  }
  const { startBackend } = await import('./tfjs/backend.ts')
  return await startBackend('tensorflow').then(
    ({ device }) => device.includes('GPU'),
    () => false,
  )
}
