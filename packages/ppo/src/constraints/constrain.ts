import type { Trajectory } from '@vigil/proto'
import { gathered } from '../along-streams.ts'
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

/**
 * What one trajectory teaches about the specifications; null where nothing is learnt about them. Specifications judge decisions in
 * a row: where a lane has events of many streams, costs run along its time and not along streams.
 *
 * @param trajectory as the lanes met its steps
 * @param order      in which credit is given, and what is returned here; null = as it is
 */
export function constraintTargets(
  trajectory: Trajectory,
  settings: Pick<PpoSettings, ConstraintSetting>,
  order: Uint32Array | null,
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
  const timed = order === null ? trajectory : { ...trajectory, nextValues: valuesAhead(trajectory) }
  const estimates = each((specification) => estimateCosts(timed, specification, costs))
  const inOrder = (values: Float32Array) => (order === null ? values : gathered(values, order))
  return {
    costTargets: estimates.map(({ targets }) => inOrder(targets)),
    costAdvantages: estimates.map(({ advantages }) => inOrder(advantages)),
  }
}

/** V of what a lane meets next; behind the rollout's last step, of what follows in its stream. [T, E, A, O] */
function valuesAhead({ stepCount, values, nextValues }: Trajectory): Float32Array {
  const ahead = nextValues.slice()
  ahead.set(values.subarray(values.length / stepCount))
  return ahead
}
