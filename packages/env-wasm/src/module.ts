import { readFile } from 'node:fs/promises'
import { environmentError } from './errors.ts'

/** The functions of env.wasm; all pointers are byte offsets into the shared memory. See assembly/lanes.ts. */
export type EnvironmentExports = {
  reset(plan: number, lanes: number, count: number, laneBase: number): void
  observe(plan: number, lanes: number, count: number, rows: number, context: number): void
  /** On `STEP` (./blocks.ts). */
  step(job: number): number
  prepare(plan: number, registers: number): void
  beginLane(plan: number, watch: number, context: number): void
  absorb(plan: number, row: number, actions: number, watch: number, context: number, registers: number): number
  watchLive(
    plan: number,
    decision: number,
    actions: number,
    watch: number,
    registers: number,
    robustness: number,
  ): number
  /** On `WALK` (./blocks.ts). */
  beginWalk(walk: number): void
  stepWalk(walk: number): void
  tableReward(plan: number, threat: number, action: number): number
  teamAction(plan: number, actions: number): number
}

/** The module's static data end below this byte. */
export const ENVIRONMENT_STATIC_END = 16384

/** Where env.wasm lies. */
export const ENVIRONMENT_FILE = new URL('../build/env.wasm', import.meta.url)

/**
 * Reads and compiles env.wasm. The module can be posted to worker threads.
 *
 * @throws {VigilError} NOT_BUILT when the file is missing
 */
export async function compileEnvironment(): Promise<WebAssembly.Module> {
  const bytes = await readFile(ENVIRONMENT_FILE).catch((cause: unknown) => {
    throw environmentError(
      'NOT_BUILT',
      `packages/env-wasm/build/env.wasm is missing (${cause instanceof Error ? cause.message : cause}). Build it with: npx nx run env-wasm:build`,
    )
  })
  return await WebAssembly.compile(bytes)
}

/** Instantiates the module over a shared memory. */
export function instantiateEnvironment(module: WebAssembly.Module, memory: WebAssembly.Memory): EnvironmentExports {
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: trap, exp: Math.exp, pow: Math.pow } })
  return instance.exports as unknown as EnvironmentExports
}

function trap(): never {
  throw environmentError('TRAP', 'env.wasm stopped at an internal assertion; please report it with the run folder.')
}
