import type { Team } from '@vigil/actors'
import type { Config } from '@vigil/config'
import { isErrorOf } from '@vigil/errors'
import {
  chooseStopLevel,
  decideSplit,
  type EvaluationSettings,
  playSplit,
  scoresOf,
  scoresOfPlayed,
} from '@vigil/evaluation'
import {
  assertKnownLines,
  clearRunFolder,
  hasNoRun,
  type IterationMetrics,
  type LastWeights,
  lockRunFolder,
  RUN_FILE_ERRORS,
  readLastWeights,
  readMetrics,
  readRunRecord,
  runFileError,
  runFolderAt,
  writeLastWeights,
} from '@vigil/runs'
import { evaluationSettingsOf } from '../settings.ts'
import { type Composition, PLAIN } from './composition.ts'
import { type Learner, startLearner } from './learner.ts'
import { openRun } from './open-run.ts'
import { resumePlan } from './resume-plan.ts'
import { assertSameSettings } from './same-settings.ts'
import { type DataLoader, loadData, type Session } from './session.ts'
import { type TrainRunPlan, trainInFolder } from './train-in-folder.ts'

/** A config whose run folder is named. */
export type PlacedConfig = Config & { readonly out: string }

/** What a training is made of. */
type Parts = { readonly load: DataLoader; readonly composition: Composition }

/** What a training came to. */
export type ScoredTraining = {
  /** One line per iteration. */
  readonly metrics: readonly IterationMetrics[]
  readonly lastWeights: LastWeights
}

/**
 * Trains in `config.out`, or goes on with what lies there, and scores the last weights on the test split: the outcome of
 * the training itself, without the choice of a checkpoint by validation, without attacks and baselines. A run that is
 * finished is only read. The other commands around a run (evaluate, resume, replay) work on the folder.
 *
 * @param parts.load where the data come from: a loader that remembers them saves reading them again for the next training
 * @returns null when training was asked to stop before its end
 * @throws {VigilError} CONFLICT when the folder holds a run with other settings, IN_USE when another process trains there
 * @throws as readScoredTraining and trainInFolder
 */
export async function trainAndScore(
  config: PlacedConfig,
  session: Session,
  { load = loadData, composition = PLAIN }: Partial<Parts> = {},
): Promise<ScoredTraining | null> {
  const unlock = await lockRunFolder(config.out)
  try {
    return (await readScoredTraining(config)) ?? (await trainToScore(config, session, { load, composition }))
  } finally {
    await unlock()
  }
}

async function trainToScore(
  config: PlacedConfig,
  session: Session,
  { load, composition }: Parts,
): Promise<ScoredTraining | null> {
  const plan = await planFor(config)
  const say = (text: string) => session.stream.write(`${text}\n`)
  const data = await load(config, plan.kind === 'resume' ? plan.pipeline : undefined, say)
  const learner = await startLearner(config, data, say, composition, plan.kind === 'resume' ? plan.computing : config)
  try {
    const { folder, state, record } = await trainInFolder(plan, learner, session)
    if (record === null) return null
    const lastWeights = await score(learner, state.parameters, record.weightsSha256)
    await writeLastWeights(folder.lastWeights, lastWeights)
    return { metrics: await readMetrics(folder.metrics), lastWeights }
  } finally {
    await learner.team.pool.close()
  }
}

/**
 * What lies in `config.out` of a training that was finished and scored. Scores that cannot be read are as good as none:
 * they follow from the weights.
 *
 * @returns null when it is yet to be begun, finished or scored
 * @throws {VigilError} CONFLICT when the folder holds a run with other settings, RUN_FOLDER when it holds something else
 * @throws {VigilError} METRICS_INVALID when there is not a line for each iteration; as readMetrics and readRunRecord
 */
export async function readScoredTraining(config: PlacedConfig): Promise<ScoredTraining | null> {
  const folder = runFolderAt(config.out)
  if (await hasNoRun(folder)) return null
  assertSameSettings(config, (await openRun(folder.path)).config)
  const record = await readRunRecord(folder.record)
  const lastWeights = await readLastWeights(folder.lastWeights).catch((error: unknown) => {
    if (isErrorOf(RUN_FILE_ERRORS, error) && error.code === 'LAST_WEIGHTS_INVALID') return null
    throw error
  })
  if (record === null || lastWeights === null || lastWeights.weightsSha256 !== record.weightsSha256) return null
  const metrics = await readMetrics(folder.metrics)
  // Iterations only grow: so many lines, the last of them this one, are all of them.
  if (metrics.length === config.iterations && metrics.at(-1)?.iteration === config.iterations) {
    const { metricsSha256 } = record
    assertKnownLines(folder.metrics, metrics, { iteration: config.iterations, metricsSha256, source: folder.record })
    return { metrics, lastWeights }
  }
  throw runFileError(
    'METRICS_INVALID',
    `${folder.metrics} must hold a line for each of the ${config.iterations} iterations of a finished training, but has ${metrics.length}, the last of iteration ${metrics.at(-1)?.iteration ?? 0}. Restore the file, or remove the folder and train again.`,
  )
}

async function planFor(config: PlacedConfig): Promise<TrainRunPlan> {
  const place = runFolderAt(config.out)
  if (await hasNoRun(place)) {
    await clearRunFolder(place)
    return { kind: 'new', config }
  }
  return { ...(await resumePlan(config.out, {})), config }
}

async function score({ team, config }: Learner, parameters: Float32Array, weightsSha256: string): Promise<LastWeights> {
  team.publish(parameters, config.iterations)
  const settings = evaluationSettingsOf(config)
  const { labels, scored } =
    settings.environment.response === null
      ? await scoredRows(team, settings)
      : await scoredStreams(team, { ...settings, stlMode: config.stlMode })
  const threats = labels.reduce((sum, label) => sum + label, 0)
  return { split: 'test', rows: labels.length, threats, weightsSha256, team: scored }
}

async function scoredRows(team: Team, settings: EvaluationSettings) {
  const decisions = await decideSplit(team, settings, 'test')
  return { labels: decisions.labels, scored: scoresOf(decisions, settings.rewards) }
}

/** Of a team that stops streams: at the level that validation chooses, as an evaluation has it act. */
async function scoredStreams(team: Team, settings: Parameters<typeof chooseStopLevel>[1]) {
  const { stopFactor } = await chooseStopLevel(team, settings)
  const played = await playSplit(team, settings, 'test', { stopFactor })
  return { labels: played.events.labels, scored: scoresOfPlayed(played, settings) }
}
