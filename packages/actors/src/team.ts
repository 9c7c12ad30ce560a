import type { Dataset } from '@vigil/data'
import { contextSize, type EnvironmentSpec } from '@vigil/env-wasm'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { encodePolicySnapshot } from '@vigil/proto'
import { createActorPool, defaultActorCount } from './actor-pool.ts'
import { actorError } from './errors.ts'
import type { ActorPool } from './pool.ts'

/** What a team is, but for the data. */
export type TeamSettings = {
  readonly environment: EnvironmentSpec
  /** The network, but for its inputs and its agents. */
  readonly network: Omit<NetworkSpec, 'agentCount' | 'denseSize' | 'vocabularySizes'>
  /**
   * Which training rows independent events are drawn from: all equally often, or threats as often as benign ones, their rewards
   * as they are (balanced) or weighted by how much rarer they come in the data (importance).
   */
  readonly sampling: 'natural' | 'balanced' | 'importance'
  /** Pieces of work of one iteration. */
  readonly shards: number
  /** E, lanes of one shard. */
  readonly lanesPerShard: number
  /** T, steps of one rollout. */
  readonly rolloutSteps: number
  /** Whether the training streams are walked to their ends too. Default: no. */
  readonly walksTraining?: boolean
  /** Worker threads; auto = one per core. */
  readonly actors: 'auto' | number
}

/** The inputs that the dataset and the environment hold, as a minibatch needs them. */
export type InputSource = {
  /** [N, D] of the whole dataset */
  readonly dense: Float32Array
  /** [N, C] of the whole dataset */
  readonly categorical: Uint16Array
  readonly denseCount: number
  readonly columnCount: number
}

/** A team that can act on a dataset: its network and its actors. */
export type Team = {
  readonly dataset: Dataset
  /** That of the settings, with the weights of the rewards where the rows are drawn by importance. */
  readonly environment: EnvironmentSpec
  readonly network: NetworkSpec
  /** A * P */
  readonly parameterCount: number
  readonly pool: ActorPool
  readonly inputs: InputSource
  /** Makes these parameters [A, P] act from now on. */
  publish(parameters: Float32Array, policyVersion: number): void
}

/**
 * Starts the actors. Close the team's pool when done.
 *
 * @throws {VigilError} SAMPLING where `sampling` does not fit the data, MEMORY, NOT_BUILT
 */
export async function createTeam(settings: TeamSettings, dataset: Dataset): Promise<Team> {
  const { sampling, shards, lanesPerShard, rolloutSteps, walksTraining = false, actors } = settings
  const weights = sampling === 'importance' ? { rewardWeights: importanceWeights(dataset) } : {}
  const environment = { ...settings.environment, ...weights }
  const { agentCount } = environment
  const network: NetworkSpec = {
    ...settings.network,
    agentCount,
    denseSize: dataset.denseNames.length + contextSize(environment),
    vocabularySizes: dataset.categoricalColumns.map(({ vocabularySize }) => vocabularySize),
  }
  const { parametersPerAgent } = parameterLayout(network)
  const pool = await createActorPool(
    {
      dataset: sampling === 'natural' ? dataset : balanced(dataset),
      ...{ network, environment, shards, lanesPerShard, stepsPerRollout: rolloutSteps, walksTraining },
    },
    actors === 'auto' ? defaultActorCount() : actors,
  )
  const team = {
    ...{ dataset, environment, network, pool },
    parameterCount: agentCount * parametersPerAgent,
    inputs: {
      dense: pool.dense,
      categorical: pool.categorical,
      denseCount: dataset.denseNames.length,
      columnCount: dataset.categoricalColumns.length,
    },
  }
  return { ...team, publish: publisherOf(team) }
}

/** The same team with another pool, whose actors are elsewhere. */
export function withPool(team: Team, pool: ActorPool): Team {
  const other = { ...team, pool }
  return { ...other, publish: publisherOf(other) }
}

function publisherOf({ dataset, network, pool }: Pick<Team, 'dataset' | 'network' | 'pool'>): Team['publish'] {
  const { agentCount } = network
  const { parametersPerAgent } = parameterLayout(network)
  return (parameters, policyVersion) => {
    const datasetFingerprint = dataset.fingerprint
    pool.publish(
      encodePolicySnapshot({ policyVersion, datasetFingerprint, agentCount, parametersPerAgent, parameters }),
    )
  }
}

/**
 * The dataset with as many threats as benign events among the rows to train on: the rarer ones come again and again.
 *
 * @throws {VigilError} SAMPLING when one of the two is missing
 */
function balanced(dataset: Dataset): Dataset {
  const { rows } = dataset.splits.train
  const [benign, threats] = [0, 1].map((label) => rows.filter((row) => dataset.labels[row] === label))
  if (benign.length === 0 || threats.length === 0) {
    throw actorError(
      'SAMPLING',
      `sampling "balanced" or "importance" draws threats as often as benign events, but the ${rows.length} rows to train on are ${benign.length} benign events and ${threats.length} threats. Leave --sampling out, or give another --split.`,
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

/**
 * [benign, threat] how often a label comes among the rows to train on over how often `balanced` draws it, 2 (1 - pi) and 2 pi:
 * sums weighted so have the expectation of sums over rows drawn equally often (importance sampling).
 */
function importanceWeights({ splits, labels }: Dataset): [number, number] {
  const { rows } = splits.train
  const threats = rows.reduce((sum, row) => sum + labels[row], 0)
  return [(2 * (rows.length - threats)) / rows.length, (2 * threats) / rows.length]
}
