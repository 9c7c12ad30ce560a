import { Piscina } from 'piscina'

/**
 * Worker threads over shared memory, as many from the first task to the last. A thread that dies is replaced.
 *
 * Piscina first tries to `require` the file of its tasks. Node.js aborts the whole process when a thread is ended while it
 * requires an ES module (a failed check in CreateRequiredModuleFacade, Node.js 24.21), so that is switched off: the file is
 * imported.
 *
 * @param file the module whose default export does a task
 * @param workerData what every thread gets as `workerData` of piscina
 * @example
 * const pool = startThreadPool(new URL('./worker.ts', import.meta.url), 2, { memory })
 * await pool.run(task)
 * await pool.destroy()
 */
export function startThreadPool(file: URL, threads: number, workerData: unknown): Piscina {
  return new Piscina({
    filename: file.href,
    minThreads: threads,
    maxThreads: threads,
    workerData,
    execArgv: ['--no-experimental-require-module'],
  })
}
