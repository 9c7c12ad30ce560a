export { absorb, beginLane, observe, prepare, reset, step } from './lanes'
export { tableReward } from './reward'
export { teamAction } from './vote'
export { beginWalk, stepWalk } from './walk'
