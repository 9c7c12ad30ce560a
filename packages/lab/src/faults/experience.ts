import type { Config } from '@vigil/config'
import { createReturnNormaliser, type Experience, experienceOf, type Iteration } from '@vigil/ppo'
import { penalisedRewards } from './penalty.ts'

/** What an experiment learns from. */
export type FaultyExperience = Experience & {
  /** [T, N] What the critic says, in reward units; `values` differ from it with the fault `value-units`. */
  readonly judged: Float32Array
}

/**
 * What an experiment makes of a trajectory: rewards with a penalty (`stlMode` "penalty"), returns that end where they are cut
 * (`bootstrap` false), values that are taken for reward units as the critic gives them (`value-units`).
 */
export function faultyExperienceOf({ stlMode, penaltyCoef, bootstrap, defects }: Config) {
  return (...[trajectory, normaliser]: Parameters<typeof experienceOf>): FaultyExperience => {
    const own = experienceOf(trajectory, normaliser)
    const { values, nextValues } = defects.includes('value-units')
      ? experienceOf(trajectory, createReturnNormaliser('none'))
      : own
    return {
      ...own,
      rewards: stlMode === 'penalty' ? penalisedRewards(trajectory, penaltyCoef) : own.rewards,
      terminated: bootstrap ? own.terminated : endedAtCuts(trajectory),
      ...{ values, nextValues, judged: own.values },
    }
  }
}

/** [T, E] 1 where the episode ends or is cut, by a time limit or by the rollout's end. */
function endedAtCuts({ terminated, truncated, stepCount, laneCount }: Iteration['trajectories'][number]): Uint8Array {
  return terminated.map((ended, event) => ended | truncated[event] | (event >= (stepCount - 1) * laneCount ? 1 : 0))
}
