import type { Config } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'

/**
 * What can be found, as stable words that programs compare; docs/doctor.md explains each. Thresholds called "recorded" are those
 * that the record of the attempts before Vigil asks to watch.
 */
export const FINDING_CODES = [
  // Data
  'INPUTS_WITHOUT_SIGNAL',
  'INPUTS_CONSTANT',
  'LABEL_LEAKAGE',
  'SPLIT_MISMATCH',
  'CLASSES_UNSEEN',
  'SPLIT_DUPLICATES',
  'REWARD_CONSTANT_OPTIMUM',
  'REWARD_HARD_TO_BEAT',
  'REWARD_ALERT_FREE',
  'REWARD_ALERT_NEVER_BEST',
  // Returns
  'RETURNS_UNEXPLAINABLE',
  'RETURNS_MEASURE_TIME',
  // Values
  'VALUE_LOSS_EXPLODES',
  'VALUE_LOSS_OUT_OF_SCALE',
  'VALUE_LOSS_STUCK',
  'VALUES_NEAR_ZERO',
  'VALUES_IN_OTHER_UNITS',
  // Gradients
  'POLICY_STARVED_BY_CRITIC',
  'POLICY_STARVED_BY_CLIPPING',
  // Defects of the update
  'DEFECTS_ON',
  'NOT_FINITE',
  'RATIO_NOT_ONE',
  'RATIO_SHAPE',
  'REWARDS_OF_OTHERS',
  'METRICS_PARTIAL',
  // Actions
  'ONE_ACTION',
  'ACTION_MIX_OFF',
  'NO_THREAT_STOPPED',
  'NOTHING_ALLOWED',
  'REWARD_NOT_RISING',
  'TRAINING_ADDED_NOTHING',
  'ENTROPY_COLLAPSED',
  'NO_EXPLOITATION',
  'EVALUATION_UNLIKE_TRAINING',
  // Team
  'NO_FAULT_TOLERATED',
  'AGENTS_IDENTICAL',
  'AGENTS_WRONG_TOGETHER',
  'TEAM_NO_BETTER_THAN_CONSTANT',
  'ALERTS_MANY',
  'UNDECIDED_MANY',
  // Actions with consequences
  'STREAMS_NEVER_STOPPED',
  'STREAMS_STOPPED_AT_ONCE',
  'VOTE_WORSE_THAN_MEMBERS',
  'SEQUENCE_DOES_NOT_MATTER',
  'STOP_LEVEL_OFF',
  'TICKETS_UNUSED',
  'ALERT_NEVER_TRIED',
  'GREEDY_UNLIKE_SAMPLED',
  // Specifications
  'SPECIFICATION_NEVER_HOLDS',
  'SPECIFICATION_ALWAYS_HOLDS',
  'BUDGET_DOES_NOT_BIND',
  'SPECIFICATION_UNREACHABLE',
  'PENALTY_NEARLY_ALWAYS',
] as const

/** @see FINDING_CODES */
export type FindingCode = (typeof FINDING_CODES)[number]

/**
 * `problem`: learning, or what is said of it, cannot be right. `note`: worth knowing. `consequence`: a problem that may merely
 * follow from another one that was found (./causes-first). In the order in which they are told.
 */
export const SEVERITIES = ['problem', 'note', 'consequence'] as const

/** Something that explains how a training went. */
export type Finding = {
  readonly code: FindingCode
  readonly severity: (typeof SEVERITIES)[number]
  /** What is wrong, in one short sentence without a full stop. */
  readonly title: string
  /** The measured figures, with the iterations, the input or the split that they are of. */
  readonly evidence: string
  readonly cause: string
  /** What to do, with the flag. */
  readonly remedy: string
}

/** Looks for one thing in the metrics of a run so far, which are never empty. null = it is not there. */
export type MetricsCheck = (config: Config, metrics: readonly IterationMetrics[]) => Finding | null
