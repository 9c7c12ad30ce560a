import type { EnvironmentSpec } from '@vigil/env-wasm'
import type { Config } from './resolved-config.ts'

const ACTION_NUMBERS = { allow: 0, block: 1, quarantine: 2, alert: 3 } as const

/** Number of the config's fallback action. */
export function fallbackActionOf(config: Pick<Config, 'fallbackAction'>): 0 | 1 | 2 | 3 {
  return ACTION_NUMBERS[config.fallbackAction]
}

/** Whether a critic learns beside the policies. */
export function hasCritic({ valueHidden, credit }: Pick<Config, 'valueHidden' | 'credit'>): boolean {
  return valueHidden !== null && credit !== 'exact'
}

/** The environment that a config asks for. */
export function environmentOf(config: Config): EnvironmentSpec {
  return {
    mode: config.episodes,
    agentCount: config.agents,
    seed: config.seed,
    episodeSteps: config.episodeSteps,
    attribution: config.attribution,
    // The environment has votes alone, no scores and no skills. With votes for scores the trimmed median, and with equal
    // weights the weighted vote, is the majority.
    rule: config.rule === 'quorum' ? 'quorum' : 'majority',
    faults: config.faults,
    fallbackAction: fallbackActionOf(config),
    rewards: config.rewards,
    teamBonus: config.teamBonus,
    response: config.environment === 'respond' ? config.response : null,
    showsBelief: config.belief !== 'none',
    specifications: config.specifications.map(({ formula }) => formula),
    observeConstraints: config.observeConstraints !== 'none',
  }
}
