export { SITE_STATE, STEP, STREAM_STATE, WALK } from './blocks.ts'
export { type Constraints, compileConstraints, writeConstraints } from './constraints.ts'
export {
  contextSize,
  type EnvironmentSpec,
  type EpisodeMode,
  headCount,
  observedRobustness,
  PLAIN_ENVIRONMENT,
  paidRewards,
  ROBUSTNESS_MAX,
} from './environment-spec.ts'
export { ENVIRONMENT_ERRORS } from './errors.ts'
export { assertLaneStates } from './lane-state.ts'
export {
  compileEnvironment,
  ENVIRONMENT_FILE,
  ENVIRONMENT_STATIC_END,
  type EnvironmentExports,
  instantiateEnvironment,
} from './module.ts'
export {
  benignAhead,
  ENVIRONMENT_PLAN_BYTES,
  RESPONSE_BYTES,
  siteBytes,
  writeEnvironmentPlan,
  writeSite,
} from './plan.ts'
export {
  ANALYST_DELAY_MAX,
  type BeliefSpec,
  type BlockedIntruder,
  beliefRatio,
  CUT_OFF,
  DEFAULT_RESPONSE,
  LEDGER_ENTRIES,
  type LedgerEntry,
  RETRIES_MAX,
  type ResponseLayout,
  type ResponseSpec,
  SHIFT_MAX,
  TICKETS_MAX,
} from './response-spec.ts'
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
export { type DecisionConsequences, isKnownLive, readsAlerts, signalTrace } from './signals.ts'
export { PHASES_MAX, type SiteOrder, siteOrderOf } from './site-order.ts'
export { siteStateBytes } from './site-state.ts'
export { SPECIFICATION_PRESETS, type TargetedSpecification } from './specifications.ts'
