import { isBetter, rankedBy } from '@vigil/evaluation'
import { readCheckpoint } from '@vigil/ppo'
import { type IterationMetrics, readMetrics, runFileError, runFolderAt } from '@vigil/runs'
import type { PlacedConfig } from '../run/train-and-score.ts'

/** What a training has come to by its validations; nothing of it is of the test split. */
export type TrainingScore = {
  /** Of the best validation, by which a checkpoint would be chosen. */
  readonly iteration: number
  /** By how much the specification that lacks most misses its target; 0 where there is none. */
  readonly shortfall: number
  readonly rewardMean: number
  readonly f1: number
  readonly alertRate: number
  readonly undecidedRate: number
  /** Estimated floating-point operations of acting and learning (costOf). */
  readonly cost: number
  /** Time of collecting and updating: of one machine, and no ground for anything. */
  readonly learningSeconds: number
}

/**
 * The best validation of a training up to an iteration.
 *
 * @param upTo iterations after this one are not looked at
 * @throws {VigilError} RUN_FILE_UNREADABLE where there was no validation, and as readMetrics and readCheckpoint
 */
export async function scoreOf(config: PlacedConfig, upTo = Number.POSITIVE_INFINITY): Promise<TrainingScore> {
  const folder = runFolderAt(config.out)
  const lines = (await readMetrics(folder.metrics)).filter(({ iteration }) => iteration <= upTo)
  const best = lines
    .flatMap(({ iteration, validation }) =>
      validation === null ? [] : [{ iteration, validation, ...rankedBy(config, validation) }],
    )
    .reduce<Ranked | null>((best, candidate) => (isBetter(candidate, best) ? candidate : best), null)
  if (best === null) {
    throw runFileError('RUN_FILE_UNREADABLE', `${folder.metrics} has no validation yet. Go on with the training.`)
  }
  const { parameters } = await readCheckpoint(folder.latest, ANY)
  const { f1, alertRate, undecidedRate } = best.validation
  const milliseconds = lines.reduce((sum, { collectMs, updateMs }) => sum + collectMs + updateMs, 0)
  const { iteration, shortfall, rewardMean } = best
  const cost = costOf(config, lines.at(-1)?.agentSteps ?? 0, parameters.length / config.agents)
  return { iteration, shortfall, rewardMean, f1, alertRate, undecidedRate, cost, learningSeconds: milliseconds / 1000 }
}

type Ranked = {
  readonly iteration: number
  readonly validation: NonNullable<IterationMetrics['validation']>
  readonly shortfall: number
  readonly rewardMean: number
}

const ANY = { fingerprintAt: null, datasetFingerprint: null, sizes: null }

/**
 * Two operations for each parameter and step: once to act, and three times, forward and twice backward, in every epoch. It
 * depends on settings alone, not on the machine.
 *
 * @param agentSteps decisions of single agents
 * @param parameters of one agent, its critic included
 */
function costOf({ epochs }: PlacedConfig, agentSteps: number, parameters: number): number {
  return 2 * parameters * agentSteps * (1 + 3 * epochs)
}
