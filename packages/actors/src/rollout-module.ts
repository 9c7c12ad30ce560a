import { readFile } from 'node:fs/promises'
import type { EnvironmentExports } from '@vigil/env-wasm'
import type { PolicyExports } from '@vigil/policy-wasm'
import { actorError } from './errors.ts'
import type { CopyRows } from './outside-rows.ts'
import type { RolloutExports } from './tasks.ts'

/** Where rollout.wasm lies. */
export const ROLLOUT_FILE = new URL('../build/rollout.wasm', import.meta.url)

/**
 * Reads and compiles rollout.wasm.
 *
 * @throws {VigilError} NOT_BUILT when the file is missing
 */
export async function compileRollout(): Promise<WebAssembly.Module> {
  const bytes = await readFile(ROLLOUT_FILE).catch((cause: unknown) => {
    throw actorError(
      'NOT_BUILT',
      `packages/actors/build/rollout.wasm is missing (${cause instanceof Error ? cause.message : cause}). Build it with: npx nx run actors:build`,
    )
  })
  return await WebAssembly.compile(bytes)
}

/**
 * Links the rollout loop to the environment and the policy: calls between them never pass through JavaScript. Rows that lie
 * outside the memory do, once a step.
 */
export function instantiateRollout(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  imports: {
    readonly environment: EnvironmentExports
    readonly policy: PolicyExports
    readonly rows: { readonly copy: CopyRows }
  },
): RolloutExports {
  const env = { memory, abort: trap }
  const instance = new WebAssembly.Instance(module, { env, ...imports } as unknown as WebAssembly.Imports)
  return instance.exports as unknown as RolloutExports
}

function trap(): never {
  throw actorError('TRAP', 'rollout.wasm stopped at an internal assertion; please report it with the run folder.')
}
