import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Worker, WorkerOptions } from 'node:worker_threads'

/** The part of Emscripten's thread pool that has to be tidied up after the start. */
type EmscriptenThreads = { readonly unusedWorkers: Worker[]; readonly runningWorkers: Worker[] }

/**
 * Makes the threaded build of tfjs-backend-wasm 4.22.0 start in Node, without touching its files.
 *
 * That build asks for a worker from a `blob:` URL, which Node's Worker does not take, and uses at most half of the
 * logical cores. For the time of the start the two functions that it asks are replaced; `restore` puts them back.
 *
 * @param options.folder where the backend's `wasm-out` lies
 * @param options.threads wanted, 2 to 8
 */
export function installThreadShim(options: { folder: string; threads: number }): { restore: () => void } {
  // The CommonJS objects are the ones that the backend's own require() sees.
  const require = createRequire(import.meta.url)
  const workerThreads = require('node:worker_threads') as { Worker: typeof Worker }
  const os = require('node:os') as { cpus: () => unknown[] }
  const nodeWorker = workerThreads.Worker
  const nodeCpus = os.cpus
  const source = workerSource(options.folder, require)
  workerThreads.Worker = class extends nodeWorker {
    constructor(file: string | URL, workerOptions?: WorkerOptions) {
      if (!String(file).startsWith('blob:')) {
        super(file, workerOptions)
        return
      }
      // A process that was started with --input-type=module would read the program as a module.
      super(source, { ...workerOptions, eval: true, execArgv: [] })
      // The pool lives as long as the process, so it must not keep the process alive.
      this.unref()
    }
  }
  os.cpus = () => Array.from({ length: 2 * options.threads }, () => ({}))
  return {
    restore: () => {
      workerThreads.Worker = nodeWorker
      os.cpus = nodeCpus
    },
  }
}

/** Ends the workers that the pool started in reserve and lets the process end while the others wait. */
export async function trimThreadPool(threads: EmscriptenThreads): Promise<void> {
  // Emscripten calls ref() on the workers that it hands a thread.
  for (const worker of threads.runningWorkers) worker.unref()
  await Promise.all(threads.unusedWorkers.splice(0).map((worker) => worker.terminate()))
}

/** Program of one pool worker: Emscripten's own text, with the names that it expects from a CommonJS file. */
function workerSource(folder: string, require: NodeJS.Require): string {
  const main = path.join(folder, 'tfjs-backend-wasm-threaded-simd.js')
  const { wasmWorkerContents } = require(path.join(folder, 'tfjs-backend-wasm-threaded-simd.worker.js')) as {
    wasmWorkerContents: string
  }
  const runtime = readFileSync(main, 'utf8').replace(
    /^\s*var WasmBackendModuleThreadedSimd/,
    'globalThis.WasmBackendModuleThreadedSimd',
  )
  return `
    globalThis.__dirname = ${JSON.stringify(folder)}; globalThis.__filename = ${JSON.stringify(main)}; globalThis.require = require;
    (0, eval)(${JSON.stringify(wasmWorkerContents.replaceAll('\n', '\\n'))});
    globalThis.importScripts = () => (0, eval)(${JSON.stringify(runtime)});
  `
}
