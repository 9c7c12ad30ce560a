export { absorbDecision, laneStride, observe, reset, step } from './lanes'
export { tableReward } from './reward'
export { teamAction } from './vote'
