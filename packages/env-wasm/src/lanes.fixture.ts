/** Test support: an environment over a small world, with every output of a step as plain arrays. */
import { writeBlock } from '@vigil/blocks'
import { STEP } from './blocks.ts'
import { compileConstraints, writeConstraints } from './constraints.ts'
import { contextSize, type EnvironmentSpec, PLAIN_ENVIRONMENT } from './environment-spec.ts'
import { type EnvironmentExports, instantiateEnvironment } from './module.ts'
import { ENVIRONMENT_PLAN_BYTES, writeEnvironmentPlan } from './plan.ts'

/** Four agents in streams without a time limit; nothing is specified. */
export const SPEC: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, mode: 'stream', seed: 3 }

/** [rows] labels, and the rows of each stream. */
export type World = { readonly labels: readonly number[]; readonly streams: readonly (readonly number[])[] }

/** Byte outside of every array, where nothing may be written. */
const CANARY = 0xa5

/** `laneCount` lanes that have just been reset. */
export function openLanes(
  module: WebAssembly.Module,
  {
    spec,
    world,
    laneCount = 1,
  }: { readonly spec: EnvironmentSpec; readonly world: World; readonly laneCount?: number },
) {
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true })
  const env: EnvironmentExports = instantiateEnvironment(module, memory)
  const constraints = compileConstraints(spec)
  const K = contextSize(spec)
  const S = constraints.specificationCount
  const entries = laneCount * spec.agentCount
  const rows = world.streams.flat()
  const starts = [0]
  for (const stream of world.streams) starts.push(starts[starts.length - 1] + stream.length)

  let next = 65536
  const gaps: Uint8Array[] = []
  const place = (bytes: number) => {
    const at = next
    next = Math.ceil((at + bytes) / 64) * 64 + 64
    gaps.push(new Uint8Array(memory.buffer, at + bytes, next - at - bytes).fill(CANARY))
    return at
  }
  const put = (values: Uint32Array | Uint8Array) => {
    const at = place(values.byteLength)
    new Uint8Array(memory.buffer, at, values.byteLength).set(new Uint8Array(values.buffer))
    return at
  }
  const split = {
    rows: put(Uint32Array.from(rows)),
    rowCount: rows.length,
    streamStarts: put(Uint32Array.from(starts)),
    streamCount: world.streams.length,
    labels: put(Uint8Array.from(world.labels)),
    constraints: place(constraints.blockBytes),
  }
  const plan = place(ENVIRONMENT_PLAN_BYTES)
  const laneBytes = laneCount * constraints.laneBytes
  const lanes = place(laneBytes)
  const seen = { rows: place(4 * laneCount), context: place(4 * laneCount * K) }
  const given = { actions: place(entries), probabilities: place(16 * entries) }
  const out = {
    rewards: place(4 * entries),
    expectedRewards: place(4 * entries),
    teamActions: place(laneCount),
    terminated: place(laneCount),
    truncated: place(laneCount),
    nextRows: place(4 * laneCount),
    nextContext: place(4 * laneCount * K),
    robustness: place(4 * laneCount * S),
    registers: place(constraints.registerBytes),
  }
  writeConstraints(constraints, spec, { buffer: memory.buffer, at: split.constraints })
  const job = place(STEP.bytes)
  writeEnvironmentPlan({ spec, constraints }, split, { buffer: memory.buffer, at: plan })
  writeBlock(STEP, { buffer: memory.buffer, at: job }, { plan, lanes, count: laneCount, laneBase: 0, ...given, ...out })
  env.reset(plan, lanes, laneCount, 0)

  const floats = (at: number, length: number) => [...new Float32Array(memory.buffer, at, length)]
  const words = (at: number, length: number) => [...new Uint32Array(memory.buffer, at, length)]
  const bytes = (at: number, length: number) => [...new Uint8Array(memory.buffer, at, length)]
  return {
    constraints,
    observe() {
      env.observe(plan, lanes, laneCount, seen.rows, seen.context)
      return { rows: words(seen.rows, laneCount), context: floats(seen.context, laneCount * K) }
    },
    /** @param actions [E, A], probabilities [E, A, 4], by default uniform */
    step(actions: readonly number[], probabilities: readonly number[] = Array(4 * entries).fill(0.25)) {
      new Uint8Array(memory.buffer, given.actions, entries).set(actions)
      new Float32Array(memory.buffer, given.probabilities, 4 * entries).set(probabilities)
      const status = env.step(job)
      return {
        status,
        /** the actions as they lie there now: the environment tries others and puts them back */
        actions: bytes(given.actions, entries),
        rewards: floats(out.rewards, entries),
        expected: floats(out.expectedRewards, entries),
        teamActions: bytes(out.teamActions, laneCount),
        terminated: bytes(out.terminated, laneCount),
        truncated: bytes(out.truncated, laneCount),
        nextRows: words(out.nextRows, laneCount),
        nextContext: floats(out.nextContext, laneCount * K),
        robustness: floats(out.robustness, laneCount * S),
      }
    },
    /** A copy of the lanes' records. */
    save: () => new Uint8Array(memory.buffer, lanes, laneBytes).slice(),
    restore: (state: Uint8Array) => new Uint8Array(memory.buffer, lanes, laneBytes).set(state),
    /** Whether nothing was written between the arrays. */
    isIntact: () => gaps.every((gap) => gap.every((byte) => byte === CANARY)),
  }
}
