/** Random valid messages for the tests. */
import fc from 'fast-check'
import type { PolicySnapshot } from './policy-snapshot.ts'
import type { Trajectory, TrajectoryExpectation } from './trajectory.ts'

/** Rows of the imaginary dataset. */
export const rowCount = 100_000

const policyVersion = fc.oneof(fc.nat(), fc.maxSafeNat())
const fingerprint = fc.uint8Array({ minLength: 32, maxLength: 32 })

const finiteFloats = { noNaN: true, noDefaultInfinity: true }
const floats = (length: number) => fc.float32Array({ ...finiteFloats, minLength: length, maxLength: length })
const floatsUpTo0 = (length: number) =>
  fc.float32Array({ ...finiteFloats, max: 0, minLength: length, maxLength: length })
const bytesBelow = (limit: number, length: number) =>
  fc.uint8Array({ max: limit - 1, minLength: length, maxLength: length })

export const trajectories: fc.Arbitrary<Trajectory> = fc
  .record({
    stepCount: fc.integer({ min: 1, max: 5 }),
    laneCount: fc.integer({ min: 1, max: 4 }),
    agentCount: fc.integer({ min: 1, max: 4 }),
    contextSize: fc.integer({ min: 0, max: 3 }),
    stateSize: fc.integer({ min: 0, max: 3 }),
    valueOutputCount: fc.constantFrom(1, 3),
    specificationCount: fc.integer({ min: 0, max: 2 }),
    critic: fc.boolean(),
  })
  .chain(({ critic, ...shape }) => {
    const events = shape.stepCount * shape.laneCount
    const decisions = events * shape.agentCount
    return fc.record({
      stepCount: fc.constant(shape.stepCount),
      laneCount: fc.constant(shape.laneCount),
      agentCount: fc.constant(shape.agentCount),
      contextSize: fc.constant(shape.contextSize),
      stateSize: fc.constant(shape.stateSize),
      valueOutputCount: fc.constant(shape.valueOutputCount),
      specificationCount: fc.constant(shape.specificationCount),
      policyVersion,
      shard: fc.nat(),
      datasetFingerprint: fingerprint,
      rows: fc.uint32Array({ max: rowCount - 1, minLength: events, maxLength: events }),
      context: floats(events * shape.contextSize),
      actions: bytesBelow(4, decisions),
      logProbs: floatsUpTo0(decisions),
      values: floats(critic ? decisions * shape.valueOutputCount : 0),
      nextValues: floats(critic ? decisions * shape.valueOutputCount : 0),
      rewards: floats(decisions),
      expectedRewards: floats(decisions),
      teamActions: bytesBelow(4, events),
      terminated: bytesBelow(2, events),
      truncated: bytesBelow(2, events),
      recurrentState: floats(shape.laneCount * shape.agentCount * shape.stateSize),
      robustness: floats(events * shape.specificationCount),
    })
  })

export const policySnapshots: fc.Arbitrary<PolicySnapshot> = fc
  .record({ agentCount: fc.integer({ min: 1, max: 4 }), parametersPerAgent: fc.integer({ min: 1, max: 30 }) })
  .chain(({ agentCount, parametersPerAgent }) =>
    fc.record({
      policyVersion,
      datasetFingerprint: fingerprint,
      agentCount: fc.constant(agentCount),
      parametersPerAgent: fc.constant(parametersPerAgent),
      parameters: floats(agentCount * parametersPerAgent),
    }),
  )

/** What a receiver of exactly this trajectory expects. */
export function expectationOf(trajectory: Trajectory): TrajectoryExpectation {
  const { stepCount, laneCount, agentCount, contextSize, stateSize, datasetFingerprint } = trajectory
  const { valueOutputCount, specificationCount } = trajectory
  return {
    stepCount,
    laneCount,
    agentCount,
    contextSize,
    stateSize,
    valueOutputCount,
    specificationCount,
    datasetFingerprint,
    rowCount,
    critic: trajectory.values.length > 0,
  }
}

/** A small trajectory with a critic: T = 2, E = 3, A = 4, K = 1, H = 2, O = 3, one specification. */
export function exampleTrajectory(): Trajectory {
  const events = 2 * 3
  const decisions = events * 4
  return {
    policyVersion: 7,
    shard: 1,
    stepCount: 2,
    laneCount: 3,
    agentCount: 4,
    contextSize: 1,
    stateSize: 2,
    valueOutputCount: 3,
    specificationCount: 1,
    datasetFingerprint: Uint8Array.from({ length: 32 }, (_, i) => i * 7),
    rows: Uint32Array.from({ length: events }, (_, i) => i * 1000),
    context: Float32Array.from({ length: events }, (_, i) => i / 8),
    actions: Uint8Array.from({ length: decisions }, (_, i) => i % 4),
    logProbs: Float32Array.from({ length: decisions }, (_, i) => -i / 4),
    values: Float32Array.from({ length: 3 * decisions }, (_, i) => i - 3),
    nextValues: Float32Array.from({ length: 3 * decisions }, (_, i) => 3 - i),
    rewards: Float32Array.from({ length: decisions }, (_, i) => (i % 5) - 8),
    expectedRewards: Float32Array.from({ length: decisions }, (_, i) => i / 3 - 4),
    teamActions: Uint8Array.from({ length: events }, (_, i) => 3 - (i % 4)),
    terminated: Uint8Array.from({ length: events }, (_, i) => i % 2),
    truncated: Uint8Array.from({ length: events }, (_, i) => (i + 1) % 2),
    recurrentState: Float32Array.from({ length: 3 * 4 * 2 }, (_, i) => i / 24 - 0.5),
    robustness: Float32Array.from({ length: events }, (_, i) => i - 2.5),
  }
}

/** A small snapshot: A = 2, P = 5. */
export function exampleSnapshot(): PolicySnapshot {
  return {
    policyVersion: 3,
    datasetFingerprint: new Uint8Array(32).fill(9),
    agentCount: 2,
    parametersPerAgent: 5,
    parameters: Float32Array.from({ length: 10 }, (_, i) => i / 2 - 1),
  }
}
