/** What shards carry from one rollout to the next, as bytes for a checkpoint: all lane records, then all recurrent states. */
import { assertLaneStates, type Constraints, compileConstraints } from '@vigil/env-wasm'
import { recurrentStateSize } from '@vigil/policy-wasm'
import { actorError } from './errors.ts'
import type { ActorSettings, ShardArea } from './memory-layout.ts'

/** Where the shards of a run have their states. */
export type ShardStates = {
  readonly memory: WebAssembly.Memory
  /** in shard order */
  readonly areas: readonly ShardArea[]
  /** with the streams of a site at a time (layout `site`) */
  readonly run: ActorSettings & { readonly slotCount: number }
}

/** Bytes of one shard in each of the two parts. */
type PartBytes = { readonly lanes: number; readonly recurrentState: number }

/** @returns lane records [shards, E], then f32 [shards, E, A, H]; a copy */
export function saveShardStates({ memory, areas, run }: ShardStates): Uint8Array {
  const bytes = partBytes(run, compileConstraints(run.environment, run.slotCount))
  const state = new Uint8Array(areas.length * (bytes.lanes + bytes.recurrentState))
  for (const { part, at, place } of partsOf(areas, bytes)) {
    state.set(new Uint8Array(memory.buffer, place, bytes[part]), at)
  }
  return state
}

/**
 * Puts saved states into the areas. They may come from a file: nothing is written unless all of them are sound.
 *
 * @param state what `saveShardStates` returned, read only
 * @throws {VigilError} LANE_STATE
 * @throws {VigilError} RECURRENT_STATE
 */
export function restoreShardStates({ memory, areas, run }: ShardStates, state: Uint8Array): void {
  const constraints = compileConstraints(run.environment, run.slotCount)
  assertShardStates(state, { run, constraints, shards: areas.length })
  const bytes = partBytes(run, constraints)
  for (const { part, at, place } of partsOf(areas, bytes)) {
    new Uint8Array(memory.buffer, place, bytes[part]).set(state.subarray(at, at + bytes[part]))
  }
}

/** Bytes of the state of one shard. */
export function shardStateBytes(run: ActorSettings, constraints: Constraints): number {
  const { lanes, recurrentState } = partBytes(run, constraints)
  return lanes + recurrentState
}

/**
 * Checks states that come from elsewhere.
 *
 * @param run of so many shards
 * @throws {VigilError} LANE_STATE
 * @throws {VigilError} RECURRENT_STATE
 */
export function assertShardStates(
  state: Uint8Array,
  { run, constraints, shards }: { run: ShardStates['run']; constraints: Constraints; shards: number },
): void {
  const { environment, slotCount } = run
  const bytes = partBytes(run, constraints)
  const laneStates = shards * bytes.lanes
  assertLaneStates(state.subarray(0, laneStates), {
    laneCount: shards * run.lanesPerShard,
    environment,
    constraints,
    rowCount: run.dataset.splits.train.rows.length,
    slotCount,
  })
  assertRecurrentStates(state.slice(laneStates), shards * bytes.recurrentState)
}

/** @param state an array of its own, so that its floats are aligned */
function assertRecurrentStates(state: Uint8Array, expectedBytes: number): void {
  if (state.byteLength !== expectedBytes) {
    throw actorError(
      'RECURRENT_STATE',
      `The saved recurrent states must hold ${expectedBytes} bytes for this network, but hold ${state.byteLength}. They belong to another configuration.`,
    )
  }
  const values = new Float32Array(state.buffer, state.byteOffset, expectedBytes / 4)
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  throw actorError(
    'RECURRENT_STATE',
    `The saved recurrent states must be finite, but number ${at} is ${values[at]}. The file is damaged: resume from another checkpoint.`,
  )
}

function partBytes({ network, lanesPerShard }: ActorSettings, { laneBytes }: Constraints): PartBytes {
  return {
    lanes: lanesPerShard * laneBytes,
    recurrentState: lanesPerShard * network.agentCount * recurrentStateSize(network) * Float32Array.BYTES_PER_ELEMENT,
  }
}

/** Where each part of each shard lies: `at` in the saved bytes, `place` in the memory. */
function partsOf(areas: readonly ShardArea[], bytes: PartBytes) {
  return areas.flatMap((area, shard) => [
    { part: 'lanes', at: shard * bytes.lanes, place: area.lanes } as const,
    {
      part: 'recurrentState',
      at: areas.length * bytes.lanes + shard * bytes.recurrentState,
      place: area.recurrentState,
    } as const,
  ])
}
