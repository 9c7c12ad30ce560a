import { DEFAULT_REWARDS, PLAIN_ENVIRONMENT, type RewardTable, type TargetedSpecification } from '@vigil/env-wasm'
import type { EvaluationSettings } from './settings.ts'

/** Four agents, one of which may be faulty, under these specifications and rewards. */
export function settingsWith(
  specifications: readonly TargetedSpecification[],
  rewards: RewardTable = DEFAULT_REWARDS,
): EvaluationSettings {
  const { agentCount: agents, faults, rule, seed } = PLAIN_ENVIRONMENT
  const environment = { ...PLAIN_ENVIRONMENT, rewards, specifications: specifications.map(({ formula }) => formula) }
  const team = { agents, faults, rule, fallbackAction: 3 } as const
  return { ...team, dataset: 'test', features: 'behaviour', seed, rewards, specifications, environment }
}
