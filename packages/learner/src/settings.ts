/** One config, cut into what each package declares that it needs. */

import type { TeamSettings } from '@vigil/actors'
import { type Config, environmentOf, fallbackActionOf, hasCritic } from '@vigil/config'
import type { DatasetRequest } from '@vigil/data'
import type { EngineSettings } from '@vigil/engine'
import type { EvaluationSettings } from '@vigil/evaluation'
import { type PpoSettings, usesMultipliers } from '@vigil/ppo'

/** Which events to read or generate. */
export function dataSettingsOf({
  dataset,
  data: path,
  features,
  split,
  splitSeed,
  seed,
  rows,
}: Config): DatasetRequest {
  return { dataset, path, features, split, splitSeed, seed, rows }
}

/** The team and what it acts in. */
export function teamSettingsOf(config: Config): TeamSettings {
  const { policyHidden, layerNorm, sampling, rowsPerIteration, shards, rolloutSteps, actors } = config
  const walksTraining = config.credit === 'exact'
  const lanesPerShard = rowsPerIteration / (shards * rolloutSteps)
  const network = {
    ...{ policyHidden, layerNorm },
    valueHidden: hasCritic(config) ? config.valueHidden : null,
    lstmHidden: config.policy === 'lstm' ? config.lstmHidden : [],
    constraintCount: usesMultipliers(config) ? config.specifications.length : 0,
  }
  return {
    ...{ environment: environmentOf(config), network, sampling, shards, lanesPerShard, rolloutSteps, actors },
    walksTraining,
  }
}

/** What computes the updates. */
export function engineSettingsOf({
  engine,
  backend,
  engineThreads,
  minibatchSize,
  rolloutSteps,
}: Config): EngineSettings {
  return { engine, backend, engineThreads, minibatchSize, rolloutSteps }
}

/** How the team learns. What else than a Lagrangian specifications are for is not of this package's making. */
export function ppoSettingsOf(config: Config): PpoSettings {
  return { ...config, stlMode: usesMultipliers(config) ? config.stlMode : 'off', environment: environmentOf(config) }
}

/** How its decisions are made and judged. */
export function evaluationSettingsOf(config: Config): EvaluationSettings {
  const { dataset, features, seed, rule, agents, faults, rewards, specifications } = config
  return {
    ...{ dataset, features, seed, rule, agents, faults, rewards, specifications },
    fallbackAction: fallbackActionOf(config),
    environment: environmentOf(config),
  }
}
