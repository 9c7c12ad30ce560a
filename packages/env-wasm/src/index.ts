export {
  type Attribution,
  contextSize,
  DEFAULT_REWARDS,
  type EnvironmentSpec,
  type EpisodeMode,
  type RewardTable,
} from './environment-spec.ts'
export { EnvironmentError, type EnvironmentErrorCode } from './errors.ts'
export { assertLaneStates, laneBytes } from './lane-state.ts'
export {
  compileEnvironment,
  ENVIRONMENT_STATIC_END,
  type EnvironmentExports,
  instantiateEnvironment,
} from './module.ts'
export { PLAN_WORDS, type SplitLocation, writePlan } from './plan.ts'
