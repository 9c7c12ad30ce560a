import { createRequire } from 'node:module'
import path from 'node:path'
import { tf } from '@vigil/tfjs'
import { engineError } from '../errors.ts'
import type { BackendName } from './backend-names.ts'
import { BackendUnavailableError } from './backend-unavailable.ts'
import { installCommand, isInstalled, LINK_COMMAND, TENSORFLOW_PACKAGES } from './optional-packages.ts'
import { installThreadShim, trimThreadPool } from './wasm-threads.ts'
import { startWebgpu } from './webgpu.ts'

/** What a user may ask for; `auto` is a GPU by tensorflow or webgpu, else tensorflow where it loads, else wasm. */
export type BackendChoice = 'auto' | BackendName

/** A backend that TensorFlow.js has started. */
export type StartedBackend = {
  readonly name: BackendName
  /** For people. */
  readonly device: string
  /** Whether a graphics processor computes. */
  readonly isGpu: boolean
}

/** Size of the pool in the wasm build. */
const THREADS_MAX = 8

/**
 * Starts a backend of TensorFlow.js, or finds it started already: a process has at most one of each name, and the
 * first call that starts `wasm` decides on its threads.
 *
 * @param threads for wasm, 1 to 8. On an idle machine two threads take 15 to 30 % off an update; where
 *     another program wants the second core they double it, because every product waits for both. Hence 1 by default.
 * @throws {BackendUnavailableError} with the command that makes it available
 * @throws {VigilError} SETTINGS
 */
export async function startBackend(choice: BackendChoice, threads = 1): Promise<StartedBackend> {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX)) {
    throw engineError('SETTINGS', `threads must be an integer from 1 to ${THREADS_MAX}, but is ${threads}.`)
  }
  switch (choice) {
    case 'tensorflow':
      return await startTensorflow()
    case 'webgpu':
      return { name: 'webgpu', ...(await startWebgpu()) }
    case 'wasm':
      return await startWasm(threads)
    case 'cpu':
      return await startCpu()
    case 'auto':
      return await startBest(threads)
  }
}

/** Started on a GPU, or null where none of the backends that can use one finds any. */
export async function startOnGpu(): Promise<StartedBackend | null> {
  for (const choice of ['tensorflow', 'webgpu'] as const) {
    const started = await startIfAvailable(choice)
    if (started?.isGpu === true) return started
  }
  return null
}

/** Makes `name` the backend of the operations that follow; takes effect at once for a started backend. */
export function selectBackend(name: string): void {
  if (tf.getBackend() !== name) void tf.setBackend(name)
}

async function startBest(threads: number): Promise<StartedBackend> {
  return (await startOnGpu()) ?? (await startIfAvailable('tensorflow')) ?? (await startWasm(threads))
}

async function startIfAvailable(choice: BackendChoice): Promise<StartedBackend | null> {
  try {
    return await startBackend(choice)
  } catch (error) {
    if (error instanceof BackendUnavailableError) return null
    throw error
  }
}

async function startCpu(): Promise<StartedBackend> {
  await tf.setBackend('cpu')
  return { name: 'cpu', device: 'cpu, plain JavaScript', isGpu: false }
}

async function startTensorflow(): Promise<StartedBackend> {
  await importTensorflow()
  await tf.setBackend('tensorflow')
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as {
    isUsingGpuDevice: boolean
    binding: { TF_Version: string }
  }
  const device = `tensorflow ${binding.TF_Version} on ${isUsingGpuDevice ? 'GPU' : 'CPU'}`
  return { name: 'tensorflow', device, isGpu: isUsingGpuDevice }
}

async function startWasm(threads: number): Promise<StartedBackend> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm')
  if (tf.engine().registry.wasm === undefined) {
    const require = createRequire(import.meta.url)
    const distribution = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))
    wasm.setWasmPaths(distribution + path.sep)
    wasm.setThreadsCount(threads)
    tf.env().set('WASM_HAS_SIMD_SUPPORT', true)
    // TensorFlow.js believes that Node has no threads; with one thread its plain build is the simpler choice.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1)
    const folder = path.join(distribution, '..', 'wasm-out')
    const shim = threads > 1 ? installThreadShim({ folder, threads }) : null
    try {
      if (!(await tf.setBackend('wasm'))) {
        throw engineError('BACKEND_UNAVAILABLE', 'backend wasm did not start. Reinstall with `npm install --force`.')
      }
    } finally {
      shim?.restore()
    }
    const { wasm: module } = tf.backend() as unknown as { wasm: { PThread?: Parameters<typeof trimThreadPool>[0] } }
    if (module.PThread !== undefined) await trimThreadPool(module.PThread)
  }
  await tf.setBackend('wasm')
  const count = wasm.getThreadsCount()
  return { name: 'wasm', device: `wasm SIMD, ${Math.max(1, count)} thread${count > 1 ? 's' : ''}`, isGpu: false }
}

/** Loads the first of the packages that can be loaded. */
async function importTensorflow(): Promise<void> {
  const installed = TENSORFLOW_PACKAGES.filter(isInstalled)
  if (installed.length === 0) {
    throw new BackendUnavailableError('tensorflow', {
      reason: `neither ${TENSORFLOW_PACKAGES.join(' nor ')} is installed`,
      command: installCommand(['@tensorflow/tfjs-node']),
    })
  }
  restoreNodeFunctions()
  // Errors only: the library otherwise describes the processor on stderr.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  const failures: string[] = []
  for (const name of installed) {
    try {
      await import(name)
      return
    } catch (error) {
      failures.push(`${name} cannot be loaded (${(error as Error).message.split('\n')[0].replace(/[\s.]+$/, '')})`)
    }
  }
  // Installed without a library that fits: link one.
  throw new BackendUnavailableError('tensorflow', {
    reason: failures.join('; '),
    command: LINK_COMMAND,
  })
}

/** tfjs-node 4.22.0 calls functions of node:util that Node 23 took out, or that print a warning. */
function restoreNodeFunctions(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray = Array.isArray
}
