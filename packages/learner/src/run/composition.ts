import { createTeam, type Team } from '@vigil/actors'
import { type Config, configError } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import { createEngine, type Engine } from '@vigil/engine'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { experienceOf, usesMultipliers } from '@vigil/ppo'
import { engineSettingsOf, teamSettingsOf } from '../settings.ts'
import { metricsOf } from './iteration-metrics.ts'

/** How a config becomes a training: who acts, what computes the updates, what is learnt from and what is written down. */
export type Composition = {
  /** The command that goes on with a run of this config, for messages. */
  readonly commandOf: (config: Config) => string
  /** @throws {VigilError} CONFLICT for a config with settings that it does not put into effect */
  readonly assertTrains: (config: Config) => void
  readonly createTeam: (config: Config, dataset: Dataset) => Promise<Team>
  readonly createEngine: (config: Config, network: NetworkSpec, inputMask: Uint8Array | null) => Promise<Engine>
  readonly experienceOf: (config: Config) => typeof experienceOf
  readonly metricsOf: typeof metricsOf
}

/** That of `learner:train`. The laboratory has another one. */
export const PLAIN: Composition = {
  commandOf: () => 'learner:train',
  assertTrains({ defects, stlMode, bootstrap }) {
    if (defects.length > 0 || !bootstrap || !(stlMode === 'off' || usesMultipliers({ stlMode }))) throw isExperiment()
  },
  async createTeam(config, dataset) {
    // Its critic has outputs for the specifications that no other mode has.
    if (config.stlMode === 'fixed-target') throw isExperiment()
    return await createTeam(teamSettingsOf(config), dataset)
  },
  createEngine: (config, network, inputMask) => createEngine(engineSettingsOf(config), network, inputMask),
  experienceOf: () => experienceOf,
  metricsOf,
}

function isExperiment() {
  return configError(
    'CONFLICT',
    'The run is an experiment, with settings that change how it learns: defects, bootstrap, or stlMode "penalty" or "fixed-target". Go on with it, or evaluate it again, by: npx nx run lab:train --resume=FOLDER.',
  )
}
