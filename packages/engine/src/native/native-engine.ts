import { BUILD_COMMAND, type Family, loadNativeKernels } from '@vigil/engine-native'
import type { Engine } from '../engine.ts'
import { engineError } from '../errors.ts'
import { createSharedMemory } from '../portable/learning-memory.ts'
import { createMemoryEngine, type MemoryEngineOptions, threadsInWords } from '../portable/memory-engine.ts'

/**
 * The learner engine in C: the kernels of the portable engine again, with the vectors of this processor. The same calls
 * give the same bytes with every number of threads, and with every family that has a fused multiply-add.
 *
 * @param options.family default: the best of this processor
 * @throws {VigilError} BACKEND_UNAVAILABLE where the add-on has not been built or does not load, or lacks the family
 * @throws {VigilError} SETTINGS, STATE_SHAPE, MEMORY, NETWORK_SPEC as the portable engine
 */
export function createNativeEngine(options: MemoryEngineOptions & { readonly family?: Family }): Engine {
  const native = loadNativeKernels()
  if (typeof native === 'string') throw unavailable(native)
  const family = options.family ?? native.families[0]
  if (!native.families.includes(family)) throw unavailable(`this processor has no ${family}`)
  const memory = createSharedMemory()
  const bytes = () => new Uint8Array(memory.buffer)
  return createMemoryEngine(options, {
    name: 'native',
    backend: family,
    device: `${DEVICES[family]}, ${threadsInWords(options.threads)}`,
    memory,
    layOutWorkspace: (plan, at, stepCount) => at + native.workspaceBytes(bytes(), plan, stepCount),
    start: (learning) => ({
      async run() {
        native.learn(bytes(), family, learning.update, Uint32Array.from(learning.workspaces))
      },
      close() {
        // Threads end with their update.
      },
    }),
  })
}

const DEVICES: Readonly<Record<Family, string>> = {
  avx512: 'AVX-512',
  avx2: 'AVX2 and FMA',
  neon: 'NEON',
  'portable-c': 'C without vectors of its own',
}

/** The instructions that an engine's kernels are of, for rollouts by the same; null where it is not the native one. */
export function familyOf({ name, backend }: Pick<Engine, 'name' | 'backend'>): Family | null {
  return name === 'native' ? (backend as Family) : null
}

/** Whether the native engine can be created here. */
export function hasNativeEngine(): boolean {
  return whyNoNativeEngine() === null
}

/** For people, a sentence; null where the native engine can be created. */
export function whyNoNativeEngine(): string | null {
  const native = loadNativeKernels()
  return typeof native === 'string' ? `there is no native engine: ${native}. To get it: ${BUILD_COMMAND}` : null
}

function unavailable(reason: string) {
  return engineError(
    'BACKEND_UNAVAILABLE',
    `the native engine is not available: ${reason}. Run \`${BUILD_COMMAND}\`, which needs a C compiler, or choose --engine=portable, which needs nothing.`,
  )
}
