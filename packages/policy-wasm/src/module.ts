import { readFile } from 'node:fs/promises'
import { PolicyError } from './errors.ts'

/** The functions of policy.wasm; all pointers are byte offsets into the shared memory. See assembly/act.ts. */
export type PolicyExports = {
  act(
    plan: number,
    parameters: number,
    x: number,
    categories: number,
    rows: number,
    scratch: number,
    recurrent: number,
    seed: number,
    laneBase: number,
    steps: number,
    stepStride: number,
    actions: number,
    logProbs: number,
    probabilities: number,
    values: number,
  ): number
  actGreedily(
    plan: number,
    parameters: number,
    x: number,
    categories: number,
    rows: number,
    scratch: number,
    recurrent: number,
    actions: number,
    scores: number,
    probabilities: number,
  ): number
  evaluateStates(
    plan: number,
    parameters: number,
    x: number,
    categories: number,
    rows: number,
    scratch: number,
    recurrent: number,
    values: number,
  ): void
  matmul(
    a: number,
    b: number,
    init: number,
    initStride: number,
    c: number,
    m: number,
    k: number,
    n: number,
    relu: number,
  ): void
  /** See assembly/learn.ts and assembly/workspace.ts. */
  learn(update: number, workspace: number): void
  layOutWorkspace(plan: number, at: number, stepCount: number): number
}

/** The module's static data end below this byte; env-wasm and actors keep theirs beside it. */
export const POLICY_STATIC_END = 32768

/**
 * Reads and compiles policy.wasm. The module can be posted to worker threads.
 *
 * @throws {PolicyError} NOT_BUILT when the file is missing
 */
export async function compilePolicy(): Promise<WebAssembly.Module> {
  const file = new URL('../build/policy.wasm', import.meta.url)
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new PolicyError(
      'NOT_BUILT',
      `packages/policy-wasm/build/policy.wasm is missing (${cause instanceof Error ? cause.message : cause}). Build it with: npx nx run policy-wasm:build`,
    )
  })
  return await WebAssembly.compile(bytes)
}

/** Instantiates the module over a shared memory. */
export function instantiatePolicy(module: WebAssembly.Module, memory: WebAssembly.Memory): PolicyExports {
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: trap } })
  return instance.exports as unknown as PolicyExports
}

function trap(): never {
  throw new PolicyError('TRAP', 'policy.wasm stopped at an internal assertion; please report it with the run folder.')
}
