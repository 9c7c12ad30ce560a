import type { BackendChoice } from './tfjs/backend.ts'

/** Which engine a user asks for. */
export type EngineRequest = {
  readonly engine: 'auto' | 'native' | 'portable' | 'tfjs'
  /** Of TF.js. */
  readonly backend: BackendChoice
  /** B, rows of a minibatch. */
  readonly minibatchSize: number
}

/** What the machine has. */
export type Machine = {
  /** A backend of TF.js that has found a graphics processor, started; null = there is none. */
  startOnGpu(): Promise<BackendChoice | null>
  hasNativeEngine(): boolean
}

/**
 * Rows of a minibatch from which `auto` takes a graphics processor. On smaller ones it waits for the host: on an H200
 * sixteen cores were 7 times as fast at 1,024 rows (docs/performance.md).
 */
export const GPU_MINIBATCH_ROWS = 16_384

/** The engine to create, and for TF.js its backend. `auto` takes a named backend, else what is fastest here and gives the
 * same bits again; other machines may have to choose the engine by name for that. */
export async function chooseEngine(
  { engine, backend, minibatchSize }: EngineRequest,
  machine: Machine,
): Promise<{ readonly engine: 'native' | 'portable' } | { readonly engine: 'tfjs'; readonly backend: BackendChoice }> {
  if (engine === 'native' || engine === 'portable') return { engine }
  if (engine === 'tfjs' || backend !== 'auto') return { engine: 'tfjs', backend }
  const gpu = minibatchSize < GPU_MINIBATCH_ROWS ? null : await machine.startOnGpu()
  if (gpu !== null) return { engine: 'tfjs', backend: gpu }
  return { engine: machine.hasNativeEngine() ? 'native' : 'portable' }
}
