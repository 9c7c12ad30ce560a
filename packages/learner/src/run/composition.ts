import { createTeam, type Team } from '@vigil/actors'
import type { Config } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import { createEngine, type Engine } from '@vigil/engine'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { experienceOf } from '@vigil/ppo'
import { engineSettingsOf, teamSettingsOf } from '../settings.ts'
import { metricsOf } from './iteration-metrics.ts'

/** How a config becomes a training: who acts, what computes the updates, what is learnt from and what is written down. */
export type Composition = {
  readonly createTeam: (config: Config, dataset: Dataset) => Promise<Team>
  readonly createEngine: (config: Config, network: NetworkSpec, inputMask: Uint8Array | null) => Promise<Engine>
  readonly experienceOf: (config: Config) => typeof experienceOf
  readonly metricsOf: typeof metricsOf
}

/** That of `learner:train`. The laboratory has another one. */
export const PLAIN: Composition = {
  createTeam: (config, dataset) => createTeam(teamSettingsOf(config), dataset),
  createEngine: (config, network, inputMask) => createEngine(engineSettingsOf(config), network, inputMask),
  experienceOf: () => experienceOf,
  metricsOf,
}
