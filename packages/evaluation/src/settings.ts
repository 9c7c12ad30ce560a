import type { EnvironmentSpec, RewardTable, TargetedSpecification } from '@vigil/env-wasm'
import type { DecisionRule } from '@vigil/vote'

/** How a team's votes become decisions. */
export type DecisionSettings = {
  /** A */
  readonly agents: number
  /** f */
  readonly faults: number
  readonly rule: DecisionRule
  /** The team's action without a decision. */
  readonly fallbackAction: 0 | 1 | 2 | 3
}

/** What the team's decisions are judged by. */
export type EvaluationSettings = DecisionSettings & {
  /** Names of the data and of the inputs, for the notes. */
  readonly dataset: string
  readonly features: string
  readonly seed: number
  readonly rewards: RewardTable
  readonly environment: EnvironmentSpec
  /** Those in force. */
  readonly specifications: readonly TargetedSpecification[]
}
