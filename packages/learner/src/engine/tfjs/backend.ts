import { createRequire } from 'node:module'
import path from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { EngineError } from '../errors.ts'
import { installThreadShim, trimThreadPool } from './wasm-threads.ts'

/** What a user may ask for; `auto` is tensorflow where it is installed and loads, else wasm. */
export type BackendChoice = 'auto' | 'tensorflow' | 'wasm' | 'cpu'

/** A backend that TensorFlow.js has started. */
export type StartedBackend = { readonly name: 'tensorflow' | 'wasm' | 'cpu'; readonly device: string }

/** Size of the pool in the wasm build. */
const THREADS_MAX = 8

const NODE_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

/**
 * Starts a backend of TensorFlow.js, or finds it started already: a process has at most one of each name, and the
 * first call that starts `wasm` decides on its threads.
 *
 * @param threads for wasm, 1 to 8. On an idle machine two threads take 15 to 30 % off an update; where
 *     another program wants the second core they double it, because every product waits for both. Hence 1 by default.
 * @throws {EngineError} BACKEND_UNAVAILABLE with the command that makes it available
 */
export async function startBackend(choice: BackendChoice, threads = 1): Promise<StartedBackend> {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= THREADS_MAX)) {
    throw new EngineError('SETTINGS', `threads must be an integer from 1 to ${THREADS_MAX}, but is ${threads}.`)
  }
  // Production mode also silences the banner and the warnings of TensorFlow.js.
  tf.env().set('PROD', true)
  if (choice === 'cpu') return startCpu()
  if (choice === 'wasm') return startWasm(threads)
  const failures = await importTensorflow()
  if (failures === null) return startTensorflow()
  if (choice === 'auto') return startWasm(threads)
  throw new EngineError(
    'BACKEND_UNAVAILABLE',
    `backend tensorflow needs @tensorflow/tfjs-node, or tfjs-node-gpu for a CUDA device, and neither can be loaded ` +
      `(${failures.join('; ')}). Install it with \`npm install --no-save @tensorflow/tfjs-node@${tf.version_core}\`, ` +
      `or choose backend wasm, which needs nothing.`,
  )
}

/** Makes `name` the backend of the operations that follow; takes effect at once for a started backend. */
export function selectBackend(name: string): void {
  if (tf.getBackend() !== name) void tf.setBackend(name)
}

async function startCpu(): Promise<StartedBackend> {
  await tf.setBackend('cpu')
  return { name: 'cpu', device: 'cpu, plain JavaScript' }
}

async function startTensorflow(): Promise<StartedBackend> {
  await tf.setBackend('tensorflow')
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean }
  return { name: 'tensorflow', device: `tensorflow on ${isUsingGpuDevice ? 'GPU' : 'CPU'}` }
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
        throw new EngineError('BACKEND_UNAVAILABLE', 'backend wasm did not start. Reinstall with `npm ci`.')
      }
    } finally {
      shim?.restore()
    }
    const { wasm: module } = tf.backend() as unknown as { wasm: { PThread?: Parameters<typeof trimThreadPool>[0] } }
    if (module.PThread !== undefined) await trimThreadPool(module.PThread)
  }
  await tf.setBackend('wasm')
  const count = wasm.getThreadsCount()
  return { name: 'wasm', device: `wasm SIMD, ${Math.max(1, count)} thread${count > 1 ? 's' : ''}` }
}

/** @returns null when a package was loaded, else why each was not */
async function importTensorflow(): Promise<string[] | null> {
  restoreNodeFunctions()
  // Errors only: the library otherwise describes the processor on stderr.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  const failures: string[] = []
  for (const name of NODE_PACKAGES) {
    try {
      await import(name)
      return null
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      failures.push(`${name}: ${code === 'ERR_MODULE_NOT_FOUND' ? 'not installed' : message.split('\n')[0]}`)
    }
  }
  return failures
}

/** tfjs-node 4.22.0 calls functions of node:util that Node 23 took out, or that print a warning. */
function restoreNodeFunctions(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray = Array.isArray
}
