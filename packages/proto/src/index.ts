export type { PolicySnapshot } from './policy-snapshot.ts'
export { decodePolicySnapshot, encodePolicySnapshot } from './policy-snapshot.ts'
export type { Trajectory } from './trajectory.ts'
export { decodeTrajectory, encodeTrajectory } from './trajectory.ts'
