export type { PolicySnapshot, PolicySnapshotExpectation } from './policy-snapshot.ts'
export { decodePolicySnapshot, encodePolicySnapshot } from './policy-snapshot.ts'
export type { Trajectory, TrajectoryExpectation, TrajectoryShape } from './trajectory.ts'
export { decodeTrajectory, encodeTrajectory } from './trajectory.ts'
