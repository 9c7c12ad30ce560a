import type { Trajectory } from '@vigil/proto'
import type { PpoSettings } from '../settings.ts'
import { learnsConstraints, usesMultipliers } from '../stl-mode.ts'
import { estimateCosts } from './costs.ts'

/** Settings that say how specifications enter learning. */
export type ConstraintSetting =
  | 'stlMode'
  | 'observeConstraints'
  | 'gaeLambda'
  | 'costCritic'
  | 'costGamma'
  | 'costLambda'
  | 'penaltyCoef'

/** What the heads of the specifications are fitted to in one iteration; [T, E] and [T, E, A] of one trajectory. */
export type ConstraintTargets = {
  /** [S] of [T, E, A] in the units of costsOf */
  readonly costTargets: readonly Float32Array[]
  /** [S] of [T, E, A], not normalised; null where the policy does not learn from costs */
  readonly costAdvantages: readonly Float32Array[] | null
}

/**
 * What one trajectory teaches about the specifications; null where the mode has no heads.
 *
 * `fixed-target` is the earlier system's constraint loss: whatever happened, the heads are fitted to a cost of nothing. It is
 * independent of state, action and outcome, and can teach nothing.
 */
export function constraintTargets(
  trajectory: Trajectory,
  settings: Pick<PpoSettings, ConstraintSetting>,
): ConstraintTargets | null {
  if (!learnsConstraints(settings)) return null
  const { specificationCount: S, rewards } = trajectory
  const each = <Part>(part: (specification: number) => Part) => Array.from({ length: S }, (_, s) => part(s))
  if (!usesMultipliers(settings)) {
    return {
      costTargets: each(() => new Float32Array(rewards.length)),
      costAdvantages: null,
    }
  }
  const costs = {
    gamma: settings.costGamma,
    lambda: settings.costLambda,
    targetLambda: settings.gaeLambda,
    isObserved: settings.observeConstraints !== 'none',
    usesOutput: settings.costCritic === 'network',
  }
  const estimates = each((specification) => estimateCosts(trajectory, specification, costs))
  return {
    costTargets: estimates.map(({ targets }) => targets),
    costAdvantages: estimates.map(({ advantages }) => advantages),
  }
}
