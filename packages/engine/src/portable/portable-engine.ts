import { compilePolicy, instantiatePolicy, switchRevectoriserOn, vectorsInWords } from '@vigil/policy-wasm'
import type { Engine } from '../engine.ts'
import { startThreads } from './learner-threads.ts'
import { createSharedMemory } from './learning-memory.ts'
import { createMemoryEngine, type MemoryEngineOptions, threadsInWords } from './memory-engine.ts'

/**
 * The learner engine in WebAssembly: gradients by hand, Adam, and a minibatch cut into slices that threads share out
 * among themselves. The same calls give the same bytes on every machine and with every number of threads.
 *
 * @throws {VigilError} SETTINGS for a bad thread count, STATE_SHAPE for a mask of another length, MEMORY
 * @throws {VigilError} NETWORK_SPEC, NOT_BUILT
 */
export async function createPortableEngine(options: MemoryEngineOptions): Promise<Engine> {
  const module = await compilePolicy()
  const memory = createSharedMemory()
  const policy = instantiatePolicy(module, memory)
  return createMemoryEngine(options, {
    name: 'portable',
    backend: 'wasm',
    device: `${vectorsInWords(await switchRevectoriserOn())}, ${threadsInWords(options.threads)}`,
    memory,
    layOutWorkspace: policy.layOutWorkspace,
    start: (learning) => startThreads(learning, module, policy),
  })
}
