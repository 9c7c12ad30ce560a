import { PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import { type Batch, batchOf, join, rowsOf } from './batch.ts'
import { constraintTargets } from './constraints/constrain.ts'
import { advantagesOf, type Experience, experienceOf, returnsOf } from './experience.ts'
import { absorb, type ReturnNormaliser } from './return-normaliser.ts'
import type { PpoSettings } from './settings.ts'

export { learningBatches } from './learning-batch.ts'
export { minibatchesOf } from './minibatches.ts'
export type { Batch }

export type AssembleSettings = Parameters<typeof returnsOf>[1] &
  Parameters<typeof advantagesOf>[1] &
  Parameters<typeof constraintTargets>[1]

/** Settings of an iteration without specifications. */
export const PLAIN = {
  gamma: 0,
  gaeLambda: 0.95,
  returns: 'monte-carlo',
  baseline: 'counterfactual',
  stlMode: 'off',
  environment: PLAIN_ENVIRONMENT,
  observeConstraints: 'none',
  costCritic: 'network',
  costGamma: 0.9,
  costLambda: 0.95,
} as const satisfies AssembleSettings & Partial<PpoSettings>

/** From trajectories to a batch, by the steps of the loop in train.ts. */
export function assemble(
  trajectories: readonly Trajectory[],
  settings: AssembleSettings,
  before: {
    /** Of the critic that gave the values. */
    readonly acting: ReturnNormaliser
    /** Has seen all batches before. */
    readonly latest: ReturnNormaliser
    readonly multipliers?: readonly number[]
    readonly weights?: (rows: Uint32Array) => Float32Array
  },
): { batch: Batch; experiences: Experience[]; returns: Float32Array[]; normaliser: ReturnNormaliser } {
  const experiences = trajectories.map((trajectory) => experienceOf(trajectory, before.acting))
  const returns = experiences.map((experience) => returnsOf(experience, settings))
  const advantages = experiences.map((experience) => advantagesOf(experience, settings))
  const normaliser = absorb(before.latest, join(Float32Array, returns))
  const { multipliers = [] } = before
  const weights = before.weights?.(rowsOf(trajectories)) ?? null
  const hasCritic = trajectories[0].values.length > 0
  const constraints = trajectories.map((trajectory) => constraintTargets(trajectory, settings, null))
  const batch = batchOf(trajectories, {
    returns,
    advantages,
    normaliser,
    multipliers,
    weights,
    ratios: null,
    hasCritic,
    constraints,
  })
  return { batch, experiences, returns, normaliser }
}
