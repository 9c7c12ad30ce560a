import { type ActorPool, createActorPool, defaultActorCount } from '@vigil/actors'
import type { Dataset } from '@vigil/data'
import { contextSize } from '@vigil/env-wasm'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { encodePolicySnapshot } from '@vigil/proto'
import type { Config } from '../config/config.ts'
import { DROPOUT_RATE } from '../config/defects.ts'
import { environmentOf } from '../config/environment.ts'
import { ConfigError } from '../config/errors.ts'
import { learnsConstraints } from '../config/specifications.ts'
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

/** The network that the config asks for on this dataset. */
function networkOf(config: Config, dataset: Dataset): NetworkSpec {
  return {
    agentCount: config.agents,
    denseSize: dataset.denseNames.length + contextSize(environmentOf(config)),
    vocabularySizes: dataset.categoricalColumns.map(({ vocabularySize }) => vocabularySize),
    policyHidden: config.policyHidden,
    valueHidden: config.valueHidden,
    layerNorm: config.layerNorm,
    lstmHidden: config.policy === 'lstm' ? config.lstmHidden : [],
    constraintCount: learnsConstraints(config) ? config.specifications.length : 0,
    ...(config.defects.includes('replay-mismatch') && { dropout: { rate: DROPOUT_RATE, seed: config.seed } }),
  }
}

/**
 * Starts the actors. Close the team's pool when done.
 *
 * @throws {ActorError}, {ConfigError} CONFLICT where `sampling` does not fit the data
 */
export async function createTeam(config: Config, dataset: Dataset): Promise<Team> {
  const network = networkOf(config, dataset)
  const { parametersPerAgent } = parameterLayout(network)
  const settings = {
    dataset: config.sampling === 'balanced' ? balanced(dataset) : dataset,
    network,
    environment: environmentOf(config),
    shards: config.shards,
    lanesPerShard: config.lanesPerShard,
    stepsPerRollout: config.rolloutSteps,
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

/**
 * The dataset with as many threats as benign events among the rows to train on: the rarer ones come again and again.
 *
 * @throws {ConfigError} CONFLICT when one of the two is missing
 */
function balanced(dataset: Dataset): Dataset {
  const { rows } = dataset.splits.train
  const [benign, threats] = [0, 1].map((label) => rows.filter((row) => dataset.labels[row] === label))
  if (benign.length === 0 || threats.length === 0) {
    throw new ConfigError(
      'CONFLICT',
      `sampling "balanced" draws threats as often as benign events, but the ${rows.length} rows to train on are ${benign.length} benign events and ${threats.length} threats. Leave --sampling out, or give another --split.`,
    )
  }
  const each = Math.max(benign.length, threats.length)
  const drawn = new Uint32Array(2 * each)
  for (let i = 0; i < each; i++) {
    drawn[2 * i] = benign[i % benign.length]
    drawn[2 * i + 1] = threats[i % threats.length]
  }
  const train = { rows: drawn, streamStarts: Uint32Array.of(0, drawn.length) }
  return { ...dataset, splits: { ...dataset.splits, train } }
}
