import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ACTING, type PolicyExports } from '@vigil/policy-wasm'
import { sourcesSha256 } from './addon/sources.ts'
import { ADDON_FILE, STAMP_NAME } from './places.ts'

/** Instructions that kernels are compiled for. Those with a fused multiply-add, all but `portable-c`, give the same bits. */
export type Family = 'avx512' | 'avx2' | 'neon' | 'portable-c'

/** The kernels of learning and of acting in C, over the same memory and the same blocks as those of policy.wasm. */
export type NativeKernels = {
  /** Of this processor, best first. */
  readonly families: readonly Family[]
  /**
   * @param plan      offset of the plan block
   * @param stepCount T
   * @returns bytes of the workspace of one thread, a multiple of 64
   */
  workspaceBytes(memory: Uint8Array, plan: number, stepCount: number): number
  /**
   * Does the update on as many threads as there are workspaces, the calling one among them, and returns when it is done.
   * Before the kernels run, all arrays that it names are held against the length of the memory, and categories, actions
   * and progress against their ranges: what fails is refused with an Error, and nothing is written. The caller sees to it
   * that the arrays do not overlap, and that nobody else writes to them meanwhile.
   *
   * @param memory     the whole memory, as it is now
   * @param update     offset of the update block
   * @param workspaces offsets, each a multiple of 64, of as many bytes as `workspaceBytes` says, apart from each other
   */
  learn(memory: Uint8Array, family: Family, update: number, workspaces: Uint32Array): void
  /**
   * The functions of policy.wasm by which rollouts act, on a memory that stays as long as it is. The first update on what
   * was done finds the same log-probabilities, bit for bit. What an acting block names is held against the memory before
   * the kernels run, and what fails is refused with an Error.
   */
  actingOn(memory: Uint8Array, family: Family): Pick<PolicyExports, 'act' | 'evaluateStates'>
}

/** What the add-on exports. */
type Addon = {
  families(): string
  workspaceBytes(memory: Uint8Array, plan: number, stepCount: number): number
  learn(memory: Uint8Array, family: number, update: number, workspaces: Uint32Array): void
  act(memory: Uint8Array, family: number, acting: number, workspace: Uint8Array, judgesOnly: 0 | 1): number
}

/** Builds the add-on, in the root of the project. */
export const BUILD_COMMAND = 'npx nx run engine-native:build'

/**
 * Loads the add-on.
 *
 * @returns the kernels, or why there are none: a clause without a full stop
 * @example
 * const native = loadNativeKernels()
 * if (typeof native === 'string') console.log(`no native engine: ${native}`)
 */
export function loadNativeKernels(file = ADDON_FILE): NativeKernels | string {
  if (!existsSync(file)) return 'it has not been built'
  let addon: Addon
  try {
    addon = createRequire(import.meta.url)(file) as Addon
  } catch (error) {
    return `it does not load (${error instanceof Error ? error.message.split('\n')[0] : error})`
  }
  // Other sources may lay out the memory otherwise.
  if (sourcesOf(file) !== sourcesSha256()) return 'it was built from other sources'
  const families = addon.families().split(' ') as Family[]
  // The -1 of an unknown family becomes the largest number, which the add-on refuses.
  const numberOf = (family: Family) => families.indexOf(family) >>> 0
  return {
    families,
    workspaceBytes: (memory, plan, stepCount) => addon.workspaceBytes(memory, plan, stepCount),
    learn: (memory, family, update, workspaces) => addon.learn(memory, numberOf(family), update, workspaces),
    actingOn(memory, family) {
      const words = new DataView(memory.buffer, memory.byteOffset)
      const number = numberOf(family)
      let workspace = new Uint8Array()
      const run = (acting: number, judgesOnly: 0 | 1) => {
        if (workspace.length === 0) {
          const plan = words.getUint32(acting + ACTING.offsets.plan, true)
          workspace = new Uint8Array(addon.workspaceBytes(memory, plan, 1) + 64)
        }
        return addon.act(memory, number, acting, workspace, judgesOnly)
      }
      return {
        act: (acting) => run(acting, 0),
        evaluateStates(acting) {
          run(acting, 1)
        },
      }
    },
  }
}

/** SHA-256 of the sources that an add-on says it was built from; null where it says nothing. */
function sourcesOf(file: string): string | null {
  const stamp = join(dirname(file), STAMP_NAME)
  return existsSync(stamp) ? readFileSync(stamp, 'utf8').split('\n')[0] : null
}
