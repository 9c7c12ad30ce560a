import { DEFAULT_REWARDS, type EnvironmentSpec, type RewardTable, type TargetedSpecification } from '@vigil/env-wasm'
import type { EvaluationSettings } from './settings.ts'

/** Four agents, one of which may be faulty, under these specifications and rewards. */
export function settingsWith(
  specifications: readonly TargetedSpecification[],
  rewards: RewardTable = DEFAULT_REWARDS,
): EvaluationSettings {
  const team = { faults: 1, rule: 'quorum', fallbackAction: 3 } as const
  const environment: EnvironmentSpec = {
    ...({ mode: 'iid', attribution: 'own' } as const),
    ...{ agentCount: 4, seed: 1, episodeSteps: 0, teamBonus: 0, rewards },
    ...{ ...team, specifications: specifications.map(({ formula }) => formula), observeConstraints: false },
  }
  return { ...team, dataset: 'test', features: 'behaviour', seed: 1, agents: 4, rewards, specifications, environment }
}
