import { isDeepStrictEqual } from 'node:util'
import { callOf } from '@vigil/command-line'
import { COMMAND_LINE, type Config, configFingerprint, withSettings } from '@vigil/config'
import type { VigilError } from '@vigil/errors'
import { parsePipeline } from '@vigil/features'
import { type Checkpoint, readCheckpoint } from '@vigil/ppo'
import {
  asWritten,
  differenceOf,
  type IterationMetrics,
  linesSha256,
  type MetricsDifference,
  NO_LINES,
  type RunFolder,
  type RunRecord,
  readMetrics,
  readRunRecord,
  recordOf,
  runFolderError,
  weightsSha256,
} from '@vigil/runs'
import { createProgress } from '../terminal/progress.ts'
import { type Composition, PLAIN } from './composition.ts'
import { engineMeant } from './engine-meant.ts'
import { firstState } from './first-state.ts'
import { type Learner, startLearner } from './learner.ts'
import { openRun } from './open-run.ts'
import type { RunState } from './run-state.ts'
import { loadData, type Session } from './session.ts'
import { validatedTraining } from './validated-training.ts'

/** What may be given to a repetition. None of it is part of the run, but for engine and backend. */
export type RepeatSettings = {
  readonly data?: string
  readonly actors?: number
  readonly engineThreads?: number
  /** Default: those that trained the run. */
  readonly engine?: string
  readonly backend?: string
}

/** What a run folder holds, and what the same training came to when it was done again. */
export type RepeatedRun = {
  /** run.json as it lies in the folder. */
  readonly recorded: RunRecord
  readonly repeated: RunRecord
  /** Hashes of weights: of the checkpoints in the folder, and of the best ones when repeated. */
  readonly latestSha256: string
  readonly bestSha256: string
  readonly repeatedBestSha256: string | null
  /** Whether pipeline.json holds the features as they were fitted again. */
  readonly samePipeline: boolean
  /** The first place, in order of lines, where metrics.jsonl is not what the repetition gave; null = nowhere. */
  readonly difference: MetricsDifference | null
}

/**
 * Trains a finished run again from its config.json, features fitted anew, in memory: no file is written. A run that began
 * from another one's team begins from the weights and features that its folder keeps.
 *
 * @param path the run folder
 * @throws {VigilError} RUN_FOLDER when it is no run or its training has not finished
 * @throws {VigilError} RUN_FILE_UNREADABLE for files that cannot be read, and as startLearner and train
 */
export async function repeatRun(
  path: string,
  settings: RepeatSettings,
  session: Pick<Session, 'stream' | 'isTTY'>,
  composition: Composition = PLAIN,
): Promise<RepeatedRun> {
  const { folder, config, pipeline } = await openRun(path)
  const recorded = await readRunRecord(folder.record)
  if (recorded === null) throw unfinished(folder, composition.commandOf(config))
  const kept = await readMetrics(folder.metrics)
  const { latest, best } = await readCheckpoints(folder, recorded)
  const say = (text: string) => session.stream.write(`${text}\n`)
  const repeatable = repeatableConfig(config, recorded, settings)
  const features = config.from === null ? undefined : parsePipeline(pipeline)
  const learner = await startLearner(repeatable, await loadData(repeatable, features, say), say, composition)
  try {
    const training = await trainAgain({ learner, state: await firstState(folder, learner, session) }, kept, session)
    return {
      recorded,
      repeated: recordOf(training.parameters, learner.engine, {
        metricsSha256: training.metricsSha256,
        datasetFingerprint: learner.identity.datasetFingerprint,
        configFingerprint: configFingerprint(config),
      }),
      samePipeline: isDeepStrictEqual(pipeline, JSON.parse(JSON.stringify(learner.pipeline))),
      latestSha256: weightsSha256(latest.parameters),
      bestSha256: weightsSha256(best.parameters),
      repeatedBestSha256: training.bestSha256,
      difference: training.difference,
    }
  } finally {
    learner.engine.dispose()
    await learner.team.pool.close()
  }
}

/** The run's own settings, with `auto` for the engine become what it meant on the machine that trained. */
function repeatableConfig(config: Config, recorded: RunRecord, settings: RepeatSettings): Config {
  const asked = { engine: settings.engine ?? config.engine, backend: settings.backend }
  return withSettings(config, { ...settings, ...engineMeant(config, asked, recorded) }, COMMAND_LINE)
}

/** Both checkpoints must be of the data that run.json speaks of, whatever config.json has become since. */
async function readCheckpoints(
  { latest, best }: RunFolder,
  { datasetFingerprint }: RunRecord,
): Promise<{ latest: Checkpoint; best: Checkpoint }> {
  const expected = { fingerprintAt: null, datasetFingerprint, sizes: null }
  return { latest: await readCheckpoint(latest, expected), best: await readCheckpoint(best, expected) }
}

/** The training itself, held against the recorded metrics line by line. */
async function trainAgain(
  { learner, state: first }: { readonly learner: Learner; readonly state: RunState },
  kept: readonly IterationMetrics[],
  session: Pick<Session, 'stream' | 'isTTY'>,
) {
  const progress = createProgress({ ...session, totalIterations: learner.config.iterations })
  let difference: MetricsDifference | null = null
  let bestSha256: string | null = null
  let lines = 0
  let metricsSha256 = NO_LINES
  try {
    let parameters: Float32Array = new Float32Array(0)
    for await (const { state, metrics, isBest } of validatedTraining(learner, first)) {
      const here = differenceOf(kept[lines], metrics, ++lines)
      if (difference === null && here !== null) progress.message(`metrics differ from line ${here.line} on`)
      difference ??= here
      metricsSha256 = linesSha256([asWritten(metrics)], metricsSha256)
      progress.iteration(metrics)
      if (isBest) bestSha256 = weightsSha256(state.parameters)
      parameters = state.parameters
    }
    difference ??= differenceOf(kept[lines], undefined, lines + 1)
    return { parameters, bestSha256, difference, metricsSha256 }
  } finally {
    progress.finish()
  }
}

function unfinished({ path, record }: RunFolder, command: string): VigilError {
  return runFolderError(
    'RUN_FOLDER',
    `The training in ${path} has not finished: there is no ${record} yet, and nothing to compare with. Finish it with: ${callOf(command)} --resume=${path}`,
  )
}
