import type { Trajectory } from '@vigil/proto'
import { isViolated } from './costs.ts'

/** What an iteration's rollouts say about one specification. */
export type ConstraintMeasure = {
  /** Share of the steps at which it holds. */
  readonly satisfiedRate: number
  /** Least robustness, in the unit of its predicates. */
  readonly robustnessMin: number
}

/**
 * Measures every specification on the trajectories of an iteration.
 *
 * @returns [S]
 */
export function measureConstraints(trajectories: readonly Trajectory[]): ConstraintMeasure[] {
  const S = trajectories[0].specificationCount
  return Array.from({ length: S }, (_, s) => {
    let steps = 0
    let satisfied = 0
    let least = Number.POSITIVE_INFINITY
    for (const { robustness } of trajectories) {
      for (let event = 0; event < robustness.length / S; event++) {
        const value = robustness[event * S + s]
        steps++
        if (!isViolated(value)) satisfied++
        least = Math.min(least, value)
      }
    }
    return { satisfiedRate: satisfied / steps, robustnessMin: least }
  })
}
