import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { writeBlock } from '@vigil/blocks'
import { compilePolicy, instantiatePolicy, PRODUCT } from '@vigil/policy-wasm'

/** One product of [64, 128] x [128, 128], whose operands stay in the cache. */
const M = 64
const K = 128
const N = 128

/** How long one measurement lasts. */
const MEASURE_MS = 20

/**
 * The rate of the product that forward and backward passes are built of, policy.wasm's own, when its operands lie in the
 * cache: what a network of this kind could reach at most on this machine.
 */
export type Roofline = {
  /** GFLOP/s now, of all threads at once: cores may share what makes one of them fast. */
  measure(): Promise<number>
  close(): Promise<void>
}

/** @param threads the calling thread among them */
export async function startRoofline(threads: number): Promise<Roofline> {
  const product = await startProduct()
  const workers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL('./roofline-worker.ts', import.meta.url)),
  )
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  return {
    async measure() {
      const answers = workers.map((worker) => once(worker, 'message') as Promise<[number]>)
      for (const worker of workers) worker.postMessage('measure')
      const own = product()
      const others = await Promise.all(answers)
      return others.reduce((sum, [rate]) => sum + rate, own)
    },

    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

/** A function that repeats the product for MEASURE_MS and says its rate in GFLOP/s. */
export async function startProduct(): Promise<() => number> {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
  const { multiply } = instantiatePolicy(await compilePolicy(), memory)
  const [a, b, c, init, job] = [65536, 131072, 262144, 327680, 393216]
  const product = { a, b, init, initStride: 0, c, m: M, k: K, n: N, relu: 0 }
  writeBlock(PRODUCT, { buffer: memory.buffer, at: job }, product)
  new Float32Array(memory.buffer, a, M * K).fill(0.5)
  new Float32Array(memory.buffer, b, K * N).fill(0.5)
  return () => {
    const startMs = performance.now()
    let products = 0
    while (performance.now() - startMs < MEASURE_MS) {
      for (let i = 0; i < 10; i++) multiply(job)
      products += 10
    }
    return (2 * M * K * N * products) / (performance.now() - startMs) / 1e6
  }
}
