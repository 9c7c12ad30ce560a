/** Trajectory: what one shard of lanes did during one rollout. Actors -> learner. */
import { vigil } from '../generated/vigil.js'
import { bytesOf, readFloat32, readUint8, readUint32 } from './bulk.ts'
import {
  assertBulkFits,
  assertCount,
  assertFingerprint,
  assertFormatVersion,
  assertLength,
  assertSameCount,
  encodeMessage,
  formatVersion,
  HEADER_BYTES_MAX,
  parseMessage,
  toPolicyVersion,
} from './envelope.ts'

/** Number of actions: 0 allow, 1 block, 2 quarantine, 3 alert. */
const ACTION_COUNT = 4

/** A log-softmax in f32 may come out this far above 0. */
const LOG_PROB_MAX = 1e-4

/** Axes of a trajectory. */
type TrajectoryShape = {
  /** T, at least 1 */
  readonly stepCount: number
  /** E, lanes of this shard, at least 1 */
  readonly laneCount: number
  /** A, at least 1 */
  readonly agentCount: number
  /** K, context inputs of one observation, may be 0 */
  readonly contextSize: number
  /** H, values of one agent's recurrent state, 0 for a feed-forward network */
  readonly stateSize: number
  /** O, outputs of one agent's critic, at least 1; 1 without specifications */
  readonly valueOutputCount: number
  /** specifications in force, may be 0 */
  readonly specificationCount: number
}

/** One rollout of one shard. Arrays are row-major; what stands at step t is the outcome of the actions at t. */
export type Trajectory = TrajectoryShape & {
  /** version of the parameters that acted, a safe integer >= 0 */
  readonly policyVersion: number
  /** which shard, u32 */
  readonly shard: number
  /** 32 bytes: `rows` count rows of this dataset */
  readonly datasetFingerprint: Uint8Array
  /** [T, E] dataset row that was observed */
  readonly rows: Uint32Array
  /** [T, E, K] context part of the observation */
  readonly context: Float32Array
  /** [T, E, A] 0..3 */
  readonly actions: Uint8Array
  /** [T, E, A] natural logarithm of the probability of the action taken, <= 0 within 1e-4 */
  readonly logProbs: Float32Array
  /** [T, E, A, O] the critic's outputs at s_t, V(s_t) first; empty without a critic */
  readonly values: Float32Array
  /** [T, E, A, O] its outputs at s_{t+1} before any reset of the lane, 0 after termination; empty without a critic */
  readonly nextValues: Float32Array
  /** [T, E, A] reward units */
  readonly rewards: Float32Array
  /** [T, E, A] sum_a pi(a) r(a), the counterfactual baseline; 0 where what an action brings is not known beforehand */
  readonly expectedRewards: Float32Array
  /** [T, E] the team's action after the vote, 0..3 */
  readonly teamActions: Uint8Array
  /** [T, E] 1 = the episode ended here */
  readonly terminated: Uint8Array
  /** [T, E] 1 = the episode was cut here */
  readonly truncated: Uint8Array
  /** [E, A, H] recurrent state before the first step, as policy-wasm lays it out */
  readonly recurrentState: Float32Array
  /** [T, E, specifications] robustness after the team's action, below 0 violated; from -1e6 to 1e6 */
  readonly robustness: Float32Array
}

/** What the receiver knows about a trajectory before it arrives. */
export type TrajectoryExpectation = TrajectoryShape & {
  /** 32 bytes: the receiver's own dataset */
  readonly datasetFingerprint: Uint8Array
  /** rows of that dataset: every row number is below it */
  readonly rowCount: number
  /** whether `values` and `nextValues` are there */
  readonly critic: boolean
}

/**
 * Serialises a trajectory. Lengths and counts are checked here, contents by the receiver.
 *
 * @param trajectory read only; `values` and `nextValues` are both full or both empty
 * @returns bytes in a buffer of their own, which may be transferred to another thread
 * @throws {VigilError} SHAPE, LENGTH, POLICY_VERSION, FINGERPRINT
 */
export function encodeTrajectory(trajectory: Trajectory): Uint8Array {
  assertShape('Trajectory', trajectory)
  assertCount('Trajectory.shard', trajectory.shard, 0)
  assertFingerprint('Trajectory', trajectory.datasetFingerprint, trajectory.datasetFingerprint)
  const lengths = bulkLengths(trajectory, trajectory.values.length > 0)
  const bulkBytes = bulkBytesOf(lengths)
  for (const name of bulkNames) assertLength(`Trajectory.${name}`, trajectory[name].length, lengths[name])

  const message: vigil.Trajectory.$Properties = {
    formatVersion,
    policyVersion: toPolicyVersion('Trajectory', trajectory.policyVersion),
    shard: trajectory.shard,
    stepCount: trajectory.stepCount,
    laneCount: trajectory.laneCount,
    agentCount: trajectory.agentCount,
    contextSize: trajectory.contextSize,
    stateSize: trajectory.stateSize,
    valueOutputCount: trajectory.valueOutputCount,
    specificationCount: trajectory.specificationCount,
    datasetFingerprint: trajectory.datasetFingerprint,
  }
  for (const name of bulkNames) message[name] = bytesOf(trajectory[name])
  return encodeMessage(vigil.Trajectory, message, bulkBytes)
}

/**
 * Parses and checks a trajectory from an untrusted sender: size before parsing, version, dataset, shape, every
 * length, every value.
 *
 * @param bytes    not changed; the result shares no memory with it
 * @param expected the receiver's own shape and dataset; `shard` and `policyVersion` are left to the caller to judge
 * @returns a trajectory of exactly the expected shape; all floats finite, all actions, flags and row numbers in range
 * @throws {VigilError} SIZE, MALFORMED, FORMAT_VERSION, FINGERPRINT, SHAPE, LENGTH, POLICY_VERSION, NOT_FINITE, OUT_OF_RANGE
 *   for anything else; no other error leaves this function
 */
export function decodeTrajectory(bytes: Uint8Array, expected: TrajectoryExpectation): Trajectory {
  assertShape('expected', expected)
  assertCount('expected.rowCount', expected.rowCount, 1)
  const lengths = bulkLengths(expected, expected.critic)
  const message = parseMessage(vigil.Trajectory, { name: 'Trajectory', bytes, bulkBytes: bulkBytesOf(lengths) })

  assertFormatVersion('Trajectory', message.formatVersion)
  assertFingerprint('Trajectory', message.datasetFingerprint, expected.datasetFingerprint)
  for (const axis of axes) assertSameCount(`Trajectory.${axis}`, message[axis], expected[axis])
  const bulk = (name: BulkName) => ({ field: `Trajectory.${name}`, bytes: message[name], length: lengths[name] })
  return {
    policyVersion: toPolicyVersion('Trajectory', message.policyVersion),
    shard: message.shard,
    stepCount: expected.stepCount,
    laneCount: expected.laneCount,
    agentCount: expected.agentCount,
    contextSize: expected.contextSize,
    stateSize: expected.stateSize,
    valueOutputCount: expected.valueOutputCount,
    specificationCount: expected.specificationCount,
    datasetFingerprint: new Uint8Array(message.datasetFingerprint),
    rows: readUint32(bulk('rows'), expected.rowCount),
    context: readFloat32(bulk('context')),
    actions: readUint8(bulk('actions'), ACTION_COUNT),
    logProbs: readFloat32(bulk('logProbs'), LOG_PROB_MAX),
    values: readFloat32(bulk('values')),
    nextValues: readFloat32(bulk('nextValues')),
    rewards: readFloat32(bulk('rewards')),
    expectedRewards: readFloat32(bulk('expectedRewards')),
    teamActions: readUint8(bulk('teamActions'), ACTION_COUNT),
    terminated: readUint8(bulk('terminated'), 2),
    truncated: readUint8(bulk('truncated'), 2),
    recurrentState: readFloat32(bulk('recurrentState')),
    robustness: readFloat32(bulk('robustness')),
  }
}

/**
 * Bytes of the largest message that `decodeTrajectory` takes: whoever gathers one from parts allocates no more.
 *
 * @throws {VigilError} SHAPE
 */
export function trajectoryBytesMax(expected: TrajectoryExpectation): number {
  return bulkBytesOf(bulkLengths(expected, expected.critic)) + HEADER_BYTES_MAX
}

const axes = [
  'stepCount',
  'laneCount',
  'agentCount',
  'contextSize',
  'stateSize',
  'valueOutputCount',
  'specificationCount',
] as const

/** Bytes of one element of every bulk field, in the order of the field numbers. */
const elementBytes = {
  rows: 4,
  context: 4,
  actions: 1,
  logProbs: 4,
  values: 4,
  nextValues: 4,
  rewards: 4,
  expectedRewards: 4,
  teamActions: 1,
  terminated: 1,
  truncated: 1,
  recurrentState: 4,
  robustness: 4,
} as const

type BulkName = keyof typeof elementBytes

const bulkNames = Object.keys(elementBytes) as BulkName[]

/** Elements of every bulk field. */
function bulkLengths(shape: TrajectoryShape, critic: boolean): Record<BulkName, number> {
  const { laneCount, agentCount } = shape
  const events = shape.stepCount * laneCount
  const decisions = events * agentCount
  const values = critic ? decisions * shape.valueOutputCount : 0
  return {
    rows: events,
    context: events * shape.contextSize,
    actions: decisions,
    logProbs: decisions,
    values,
    nextValues: values,
    rewards: decisions,
    expectedRewards: decisions,
    teamActions: events,
    terminated: events,
    truncated: events,
    recurrentState: laneCount * agentCount * shape.stateSize,
    robustness: events * shape.specificationCount,
  }
}

/** @throws {VigilError} SHAPE when it does not fit into one message */
function bulkBytesOf(lengths: Record<BulkName, number>): number {
  const bytes = bulkNames.reduce((sum, name) => sum + lengths[name] * elementBytes[name], 0)
  assertBulkFits('Trajectory', bytes)
  return bytes
}

function assertShape(owner: string, shape: TrajectoryShape): void {
  assertCount(`${owner}.stepCount`, shape.stepCount, 1)
  assertCount(`${owner}.laneCount`, shape.laneCount, 1)
  assertCount(`${owner}.agentCount`, shape.agentCount, 1)
  assertCount(`${owner}.contextSize`, shape.contextSize, 0)
  assertCount(`${owner}.stateSize`, shape.stateSize, 0)
  assertCount(`${owner}.valueOutputCount`, shape.valueOutputCount, 1)
  assertCount(`${owner}.specificationCount`, shape.specificationCount, 0)
}
