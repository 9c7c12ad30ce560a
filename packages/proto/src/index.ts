export type { PolicySnapshot } from './policy-snapshot.ts'
export { decodePolicySnapshot, encodePolicySnapshot } from './policy-snapshot.ts'
export {
  decodeTrajectory,
  encodeTrajectory,
  type Trajectory,
  type TrajectoryExpectation,
  trajectoryBytesMax,
} from './trajectory.ts'
