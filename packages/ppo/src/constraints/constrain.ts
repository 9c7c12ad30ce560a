import type { Trajectory } from '@vigil/proto'
import type { PpoSettings } from '../settings.ts'
import { usesMultipliers } from '../stl-mode.ts'
import { estimateCosts } from './costs.ts'

/** Settings that say how specifications enter learning. */
export type ConstraintSetting =
  | 'stlMode'
  | 'environment'
  | 'observeConstraints'
  | 'gaeLambda'
  | 'costCritic'
  | 'costGamma'
  | 'costLambda'

/** What the heads of the specifications are fitted to in one iteration; [T, E] and [T, E, A] of one trajectory. */
export type ConstraintTargets = {
  /** [S] of [T, E, A] in the units of costsOf */
  readonly costTargets: readonly Float32Array[]
  /** [S] of [T, E, A], not normalised */
  readonly costAdvantages: readonly Float32Array[]
}

/** What one trajectory teaches about the specifications; null where nothing is learnt about them. */
export function constraintTargets(
  trajectory: Trajectory,
  settings: Pick<PpoSettings, ConstraintSetting>,
): ConstraintTargets | null {
  if (!usesMultipliers(settings)) return null
  const { specificationCount: S } = trajectory
  const each = <Part>(part: (specification: number) => Part) => Array.from({ length: S }, (_, s) => part(s))
  const costs = {
    gamma: settings.costGamma,
    lambda: settings.costLambda,
    targetLambda: settings.gaeLambda,
    isObserved: settings.observeConstraints !== 'none',
    usesOutput: settings.costCritic === 'network',
    runsOn: settings.environment.response !== null,
  }
  const estimates = each((specification) => estimateCosts(trajectory, specification, costs))
  return {
    costTargets: estimates.map(({ targets }) => targets),
    costAdvantages: estimates.map(({ advantages }) => advantages),
  }
}
