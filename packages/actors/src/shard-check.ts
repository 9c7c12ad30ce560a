/** What is checked of a shard's rollout that arrives from elsewhere. */
import { compileConstraints, contextSize } from '@vigil/env-wasm'
import { recurrentStateSize, valueOutputCount } from '@vigil/policy-wasm'
import { decodeTrajectory, type Trajectory, type TrajectoryExpectation, trajectoryBytesMax } from '@vigil/proto'
import type { ActorSettings } from './memory-layout.ts'
import { assertShardStates, shardStateBytes } from './shard-states.ts'
import { slotCountOf } from './site-memory.ts'

/** The shape of every trajectory of a run. */
export function trajectoryExpectation(settings: ActorSettings): TrajectoryExpectation {
  const { dataset, network, environment } = settings
  return {
    datasetFingerprint: dataset.fingerprint,
    stepCount: settings.stepsPerRollout,
    laneCount: settings.lanesPerShard,
    agentCount: network.agentCount,
    contextSize: contextSize(environment),
    stateSize: recurrentStateSize(network),
    valueOutputCount: valueOutputCount(network),
    specificationCount: environment.specifications.length,
    rowCount: dataset.rowCount,
    critic: network.valueHidden !== null,
  }
}

/** Checks of rollouts by anybody, and how large they may be. */
export type ShardCheck = {
  readonly expected: TrajectoryExpectation
  readonly trajectoryBytesMax: number
  readonly stateBytes: number
  /** @throws {VigilError} as decodeTrajectory */
  decode(trajectory: Uint8Array): Trajectory
  /** @throws {VigilError} LANE_STATE, RECURRENT_STATE */
  assertState(state: Uint8Array): void
}

/**
 * Checks rollouts of a run's shards without its memory and its dataset's inputs.
 *
 * @example
 * createShardCheck(pool.settings).decode(rollout.trajectory)
 * @throws {VigilError} SPECIFICATION, SITES
 */
export function createShardCheck(settings: ActorSettings): ShardCheck {
  const run = { ...settings, slotCount: slotCountOf(settings) }
  const expected = trajectoryExpectation(settings)
  const constraints = compileConstraints(settings.environment, run.slotCount)
  return {
    expected,
    trajectoryBytesMax: trajectoryBytesMax(expected),
    stateBytes: shardStateBytes(run, constraints),
    decode: (trajectory) => decodeTrajectory(trajectory, expected),
    assertState: (state) => assertShardStates(state, { run, constraints, shards: 1 }),
  }
}
