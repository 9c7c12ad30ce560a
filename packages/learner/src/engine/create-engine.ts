import { availableParallelism } from 'node:os'
import type { NetworkSpec } from '@vigil/policy-wasm'
import type { Config } from '../config/config.ts'
import type { Engine } from './engine.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

/**
 * The engine that the config asks for. There is one so far, so `auto` needs no choice.
 *
 * @param viewMask [A, P] 1 = learns, 0 = frozen; null = all learn
 * @throws {EngineError} BACKEND_UNAVAILABLE with the command that makes it available
 */
export async function createEngine(
  { backend, engineThreads }: Pick<Config, 'backend' | 'engineThreads'>,
  spec: NetworkSpec,
  viewMask: Uint8Array | null,
): Promise<Engine> {
  const threads = engineThreads === 'auto' ? (availableParallelism() >= 4 ? 2 : 1) : engineThreads
  return await createTfjsEngine({ spec, backend, threads, ...(viewMask === null ? {} : { viewMask }) })
}
