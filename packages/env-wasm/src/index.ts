export { STEP } from './blocks.ts'
export { type Constraints, compileConstraints, writeConstraints } from './constraints.ts'
export {
  contextSize,
  type EnvironmentSpec,
  type EpisodeMode,
  observedRobustness,
  PLAIN_ENVIRONMENT,
  ROBUSTNESS_MAX,
} from './environment-spec.ts'
export { ENVIRONMENT_ERRORS } from './errors.ts'
export { assertLaneStates } from './lane-state.ts'
export {
  compileEnvironment,
  ENVIRONMENT_STATIC_END,
  type EnvironmentExports,
  instantiateEnvironment,
} from './module.ts'
export { ENVIRONMENT_PLAN_BYTES, writeEnvironmentPlan } from './plan.ts'
export {
  actionBands,
  actionRewards,
  BEST_ACTION_NAMES,
  bandsInWords,
  bestAction,
  bestConstant,
  DEFAULT_REWARDS,
  expectedActionReward,
  meanReward,
  type Outcomes,
  REWARD_PRESETS,
  type RewardPreset,
  type RewardTable,
  rightShareNeeded,
} from './reward-table.ts'
export { signalTrace } from './signals.ts'
export { SPECIFICATION_PRESETS, type TargetedSpecification } from './specifications.ts'
