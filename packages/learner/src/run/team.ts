import { type ActorPool, createActorPool, defaultActorCount } from '@vigil/actors'
import type { Dataset } from '@vigil/data'
import { contextSize, type EnvironmentSpec } from '@vigil/env-wasm'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { encodePolicySnapshot } from '@vigil/proto'
import type { Config } from '../config/config.ts'
import type { InputSource } from '../training/inputs.ts'

/** A team that can act on a dataset: its network and its actors. */
export type Team = {
  readonly dataset: Dataset
  readonly network: NetworkSpec
  /** A * P */
  readonly parameterCount: number
  readonly pool: ActorPool
  readonly inputs: InputSource
  /** Makes these parameters [A, P] act from now on. */
  publish(parameters: Float32Array, policyVersion: number): void
}

const ACTION_NUMBERS = { allow: 0, block: 1, quarantine: 2, alert: 3 } as const

/** Number of the config's fallback action. */
export function fallbackActionOf(config: Config): 0 | 1 | 2 | 3 {
  return ACTION_NUMBERS[config.fallbackAction]
}

/** The network that the config asks for on this dataset. */
function networkOf(config: Config, dataset: Dataset): NetworkSpec {
  return {
    agentCount: config.agents,
    denseSize: dataset.denseNames.length + contextSize(config.episodes),
    vocabularySizes: dataset.categoricalColumns.map(({ vocabularySize }) => vocabularySize),
    policyHidden: config.policyHidden,
    valueHidden: config.valueHidden,
    layerNorm: config.layerNorm,
    lstmHidden: config.policy === 'lstm' ? config.lstmHidden : [],
  }
}

/** Starts the actors. Close the team's pool when done. @throws {ActorError} */
export async function createTeam(config: Config, dataset: Dataset): Promise<Team> {
  const network = networkOf(config, dataset)
  const { parametersPerAgent } = parameterLayout(network)
  const settings = {
    dataset,
    network,
    environment: environmentOf(config),
    shards: config.shards,
    lanesPerShard: config.lanesPerShard,
    stepsPerRollout: config.rolloutSteps,
    expectedRewards: config.baseline === 'counterfactual',
  }
  const pool = await createActorPool(settings, config.actors === 'auto' ? defaultActorCount() : config.actors)
  return {
    dataset,
    network,
    parameterCount: config.agents * parametersPerAgent,
    pool,
    inputs: {
      dense: pool.dense,
      categorical: pool.categorical,
      denseCount: dataset.denseNames.length,
      columnCount: dataset.categoricalColumns.length,
    },
    publish(parameters, policyVersion) {
      const { agents: agentCount } = config
      const datasetFingerprint = dataset.fingerprint
      pool.publish(
        encodePolicySnapshot({ policyVersion, datasetFingerprint, agentCount, parametersPerAgent, parameters }),
      )
    },
  }
}

function environmentOf(config: Config): EnvironmentSpec {
  return {
    mode: config.episodes,
    agentCount: config.agents,
    seed: config.seed,
    episodeSteps: config.episodeSteps,
    attribution: config.attribution,
    // The environment has votes alone, no scores and no skills. With votes for scores the trimmed median, and with equal
    // weights the weighted vote, is the majority.
    rule: config.rule === 'quorum' ? 'quorum' : 'majority',
    faults: config.faults,
    fallbackAction: fallbackActionOf(config),
    rewards: config.rewards,
    teamBonus: config.teamBonus,
  }
}
