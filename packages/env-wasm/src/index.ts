export { STEP } from './blocks.ts'
export { type Constraints, compileConstraints, writeConstraints } from './constraints.ts'
export {
  type Attribution,
  contextSize,
  type EnvironmentSpec,
  type EpisodeMode,
  observedRobustness,
  ROBUSTNESS_MAX,
} from './environment-spec.ts'
export { ENVIRONMENT_ERRORS, environmentError } from './errors.ts'
export { assertLaneStates } from './lane-state.ts'
export {
  compileEnvironment,
  ENVIRONMENT_STATIC_END,
  type EnvironmentExports,
  instantiateEnvironment,
} from './module.ts'
export { ENVIRONMENT_PLAN_BYTES, type SplitLocation, writeEnvironmentPlan } from './plan.ts'
export {
  type ActionBand,
  actionBands,
  actionRewards,
  BEST_ACTION_NAMES,
  type BestAction,
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
export { signalTrace, type TeamDecisions } from './signals.ts'
export {
  type NamedSpecification,
  SPECIFICATION_PRESETS,
  type SpecificationPreset,
  type TargetedSpecification,
} from './specifications.ts'
