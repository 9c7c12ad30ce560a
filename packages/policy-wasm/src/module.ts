import { readFile } from 'node:fs/promises'
import { policyError } from './errors.ts'
import { isPacked, POLICY_FILE, packed } from './policy-file.ts'
import { switchRevectoriserOn } from './revectoriser.ts'

/** The functions of policy.wasm; all arguments are byte offsets into the shared memory, of blocks that ./blocks.ts describes. */
export type PolicyExports = {
  /** On `ACTING`, see assembly/act.ts. @returns 0, or 1 where a logit is not finite */
  act(acting: number): number
  actGreedily(acting: number): number
  evaluateStates(acting: number): void
  /** On `UPDATE`, see assembly/learn.ts and assembly/workspace.ts. */
  learn(update: number, workspace: number): void
  layOutWorkspace(plan: number, at: number, stepCount: number): number
  /** On `PRODUCT`, see assembly/product.ts. */
  multiply(product: number): void
  /** Of products, see assembly/matmul.ts. */
  useWideBlocks(): void
}

/** The module's static data end below this byte; env-wasm and actors keep theirs beside it. */
export const POLICY_STATIC_END = 32768

/**
 * Reads and compiles policy.wasm, with V8's revectoriser where it is to be had. The module can be posted to worker threads.
 *
 * @throws {VigilError} NOT_BUILT when the file is missing
 */
export async function compilePolicy(): Promise<WebAssembly.Module> {
  const bytes = await readFile(POLICY_FILE).catch((cause: unknown) => {
    throw policyError(
      'NOT_BUILT',
      `packages/policy-wasm/build/policy.wasm is missing (${cause instanceof Error ? cause.message : cause}). Build it with: npx nx run policy-wasm:build`,
    )
  })
  const { isOn } = await switchRevectoriserOn()
  return await WebAssembly.compile(isOn ? packed(bytes) : bytes)
}

/** Instantiates the module over a shared memory. */
export function instantiatePolicy(module: WebAssembly.Module, memory: WebAssembly.Memory): PolicyExports {
  const instance = new WebAssembly.Instance(module, { env: { memory, abort: trap } })
  const policy = instance.exports as unknown as PolicyExports
  if (isPacked(module)) policy.useWideBlocks()
  return policy
}

function trap(): never {
  throw policyError('TRAP', 'policy.wasm stopped at an internal assertion; please report it with the run folder.')
}
