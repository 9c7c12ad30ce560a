/**
 * The program that tries V8's revectoriser: runs every register block of policy.wasm without and with it on the same numbers
 * and writes a `TrialResult` as JSON.
 *
 *   node revectoriser-trial.ts
 */
import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { POLICY_FILE, packed } from './policy-file.ts'
import { REVECTORISER_FLAG, type TrialResult } from './revectoriser.ts'

/** Rows that end in a remainder of the blocks, columns that end in a block of eight. */
const M = 21
const K = 64
const N = 72

/** Bytes of the operands and of the result of one block. */
const A = 65_536
const B = A + 4 * M * K
const RESULT = B + 4 * Math.max(K, M) * N
const RESULT_BYTES = 4 * K * N

const ROUNDS = 60

type Block = (...numbers: number[]) => void

// Each function is compiled once, by the optimising compiler, when it is first called.
setFlagsFromString('--no-liftoff')
const bytes = await readFile(POLICY_FILE)
setFlagsFromString(`--no-${REVECTORISER_FLAG}`)
const plain = run(await WebAssembly.compile(bytes))
setFlagsFromString(`--${REVECTORISER_FLAG}`)
const revectorised = run(await WebAssembly.compile(packed(bytes)))
const result: TrialResult = {
  isEqual: plain.results.equals(revectorised.results),
  speedUp: speedUp(plain.product, revectorised.product),
}
process.stdout.write(JSON.stringify(result))

/** The results of all blocks, and one product to be timed. */
function run(module: WebAssembly.Module): { readonly results: Buffer; readonly product: () => void } {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true })
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: () => undefined } })
  const blocks = instance.exports as Record<string, Block>
  const numbers = new Float32Array(memory.buffer, A, (RESULT + RESULT_BYTES - A) / 4)
  const results: Buffer[] = []
  const keep = (work: () => void) => {
    numbers.forEach((_, index) => {
      numbers[index] = Math.fround(((index * 7919) % 1009) / 1009 - 0.5)
    })
    work()
    results.push(Buffer.from(new Uint8Array(memory.buffer, RESULT, RESULT_BYTES)))
  }
  for (const [init, stride] of [
    [B, 0],
    [RESULT, 4 * N],
  ]) {
    for (const name of ['multiply16', 'rectify16']) keep(() => blocks[name](A, 4 * K, B, init, stride, RESULT, M, K, N))
    for (const name of ['multiply8', 'rectify8']) keep(() => blocks[name](A, B, init, stride, RESULT, M, K, N, 0))
  }
  // Both operands have M rows.
  keep(() => blocks.sum16(A, B, RESULT, M, K, N))
  keep(() => blocks.sum8(A, B, RESULT, M, K, N, 0))
  return { results: Buffer.concat(results), product: () => blocks.multiply16(A, 4 * K, B, B, 0, RESULT, M, K, N) }
}

/** How many times as fast the second is, of their best rounds, which take turns. */
function speedUp(slow: () => void, fast: () => void): number {
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, work] of [slow, fast].entries()) {
      const startMs = performance.now()
      for (let i = 0; i < 5; i++) work()
      best[index] = Math.min(best[index], performance.now() - startMs)
    }
  }
  return best[0] / best[1]
}
