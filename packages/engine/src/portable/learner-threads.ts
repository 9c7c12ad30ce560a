import { startThreadPool } from '@vigil/blocks'
import type { PolicyExports } from '@vigil/policy-wasm'
import { engineError } from '../errors.ts'
import type { LearningMemory } from './learning-memory.ts'

/** What a worker thread gets at its start. */
export type LearnerSetup = { readonly memory: WebAssembly.Memory; readonly module: WebAssembly.Module }

/** One thread's part in one update: byte offsets of the update's block and of the thread's workspace. */
export type LearnTask = { readonly update: number; readonly workspace: number }

/** The threads of an engine, the calling one among them. */
export type LearnerThreads = {
  /**
   * Works on the update that the memory's block describes, and resolves when it is done. The calling thread takes part,
   * so a worker that is late, or still starting, only leaves it more items.
   *
   * @throws {VigilError} THREAD_FAILED
   */
  run(): Promise<void>
  /** Ends the worker threads. */
  close(): void
}

/**
 * Starts a worker thread for each workspace but the first, which is the calling thread's.
 *
 * @param policy the module over the memory, of the calling thread
 */
export function startThreads(
  learning: LearningMemory,
  module: WebAssembly.Module,
  policy: PolicyExports,
): LearnerThreads {
  const { update } = learning
  const workerCount = learning.workspaces.length - 1
  const setup: LearnerSetup = { memory: learning.memory, module }
  const pool = workerCount === 0 ? null : startThreadPool(new URL('./worker.ts', import.meta.url), workerCount, setup)
  return {
    async run() {
      const [own, ...others] = learning.workspaces
      const tasks = others.map((workspace) => pool!.run({ update, workspace } satisfies LearnTask))
      const settled = Promise.allSettled(tasks)
      policy.learn(update, own)
      for (const result of await settled) {
        if (result.status === 'fulfilled') continue
        const { reason } = result
        throw engineError(
          'THREAD_FAILED',
          `a thread of the engine ended in an update (${reason instanceof Error ? reason.message : reason}); the ` +
            'parameters are spoilt. Go back to a checkpoint.',
          { cause: reason },
        )
      }
    },

    close() {
      // Nothing is under way, so there is nothing to wait for.
      void pool?.destroy()
    },
  }
}
