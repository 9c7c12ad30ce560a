import type { Trajectory } from '@vigil/proto'
import { isViolated, valueOutput } from './costs.ts'

/** What an iteration's rollouts say about one specification. */
export type ConstraintMeasure = {
  /** Share of the steps at which it holds. */
  readonly satisfiedRate: number
  /** Least robustness, in the unit of its predicates. */
  readonly robustnessMin: number
  /**
   * Mean squared error of the satisfaction that the head foretold before it learnt from these steps (Brier 1950):
   * 0 to 1, and p (1 - p) for a head that knows only the rate p. Null without a head.
   */
  readonly brier: number | null
}

/**
 * Measures every specification on the trajectories of an iteration.
 *
 * @param hasHeads whether the value trunk has outputs for the specifications
 * @returns [S]
 */
export function measureConstraints(
  trajectories: readonly Trajectory[],
  { hasHeads }: { readonly hasHeads: boolean },
): ConstraintMeasure[] {
  const S = trajectories[0].specificationCount
  return Array.from({ length: S }, (_, s) => {
    let steps = 0
    let satisfied = 0
    let least = Number.POSITIVE_INFINITY
    let squares = 0
    let foretellings = 0
    for (const trajectory of trajectories) {
      const { robustness, agentCount: A, values, valueOutputCount: outputCount } = trajectory
      const foretold = hasHeads ? valueOutput(values, { output: 1 + S + s, outputCount }) : null
      for (let event = 0; event < robustness.length / S; event++) {
        const value = robustness[event * S + s]
        const holds = isViolated(value) ? 0 : 1
        steps++
        satisfied += holds
        least = Math.min(least, value)
        if (foretold === null) continue
        foretellings += A
        for (let agent = 0; agent < A; agent++) squares += (foretold[event * A + agent] - holds) ** 2
      }
    }
    return { satisfiedRate: satisfied / steps, robustnessMin: least, brier: hasHeads ? squares / foretellings : null }
  })
}
