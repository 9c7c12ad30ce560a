/** What every command around a run begins with: where it speaks, the data, and which files belong together. */
import { type Dataset, type FeaturePipeline, loadDataset } from '@vigil/data'
import type { CheckpointSizes, ExpectedCheckpoint } from '../checkpoint/checkpoint.ts'
import type { StopRequest } from '../cli/signals.ts'
import { type Config, configFingerprint } from '../config/config.ts'
import { usesMultipliers } from '../config/specifications.ts'
import type { OutputStream } from '../terminal/terminal.ts'
import { historyLength } from '../training/constraints/direct.ts'
import type { Team } from './team.ts'

/** Where a command speaks, and who may stop it. */
export type Session = {
  readonly stream: OutputStream
  readonly isTTY: boolean
  readonly stop: StopRequest
  /** How many lines of progress a training prints in a pipe. Default 20. */
  readonly plainLines?: number
}

/** Reads the data that a config names. */
export async function loadData(
  config: Config,
  pipeline: FeaturePipeline | undefined,
  say: (text: string) => void,
): Promise<{ dataset: Dataset; pipeline: FeaturePipeline }> {
  const { dataset, features, split, splitSeed, seed, rows } = config
  const request = { dataset, path: config.data, features, split, splitSeed, seed, rows }
  return await loadDataset(pipeline === undefined ? request : { ...request, pipeline }, say)
}

/** What every checkpoint of a run must agree with. */
export type RunIdentity = ExpectedCheckpoint & { readonly sizes: CheckpointSizes }

/** @see RunIdentity */
export function identityOf(config: Config, team: Team): RunIdentity {
  return {
    configFingerprint: configFingerprint(config),
    datasetFingerprint: Buffer.from(team.dataset.fingerprint).toString('hex'),
    sizes: {
      parameterCount: team.parameterCount,
      multiplierCount: usesMultipliers(config) ? config.specifications.length : 0,
      laneCount: config.shards * config.lanesPerShard,
      historyLength: historyLength(config),
    },
  }
}
