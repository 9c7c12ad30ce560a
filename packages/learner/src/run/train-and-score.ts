import { readdir } from 'node:fs/promises'
import { parsePipeline } from '@vigil/data'
import { affectsResults, type Config, configFingerprint } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { scoresOf } from '../evaluation/scores.ts'
import { decideSplit } from '../evaluation/team-decisions.ts'
import { type LastWeights, readLastWeights, writeLastWeights } from '../run-files/last-weights.ts'
import { type IterationMetrics, readMetrics } from '../run-files/metrics.ts'
import { readRunRecord } from '../run-files/run-record.ts'
import { type Learner, startLearner } from './learner.ts'
import { openRunFolder, type RunFolder, runFolderAt } from './run-folder.ts'
import type { Session } from './session.ts'
import { type TrainRunPlan, trainInFolder } from './train-in-folder.ts'

/** A config whose run folder is named. */
export type PlacedConfig = Config & { readonly out: string }

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
 * @returns null when training was asked to stop before its end
 * @throws {ConfigError} CONFLICT when the folder holds a run with other settings; as trainInFolder
 */
export async function trainAndScore(config: PlacedConfig, session: Session): Promise<ScoredTraining | null> {
  const finished = await readScoredTraining(config)
  if (finished !== null) return finished
  const plan = await planFor(config)
  const say = (text: string) => session.stream.write(`${text}\n`)
  const learner = await startLearner(config, plan.kind === 'resume' ? plan.pipeline : undefined, say)
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
 * What lies in `config.out` of a training that was finished and scored.
 *
 * @returns null when it is yet to be begun, finished or scored
 * @throws {ConfigError} CONFLICT when the folder holds a run with other settings, RUN_FOLDER when it holds something else
 */
export async function readScoredTraining(config: PlacedConfig): Promise<ScoredTraining | null> {
  const folder = runFolderAt(config.out)
  if (await isFree(folder)) return null
  assertSameSettings(config, (await openRunFolder(folder.path)).config)
  const record = await readRunRecord(folder.record)
  const lastWeights = await readLastWeights(folder.lastWeights)
  if (record === null || lastWeights === null || lastWeights.weightsSha256 !== record.weightsSha256) return null
  return { metrics: await readMetrics(folder.metrics), lastWeights }
}

async function planFor(config: PlacedConfig): Promise<TrainRunPlan> {
  if (await isFree(runFolderAt(config.out))) return { kind: 'new', config }
  const { folder, pipeline } = await openRunFolder(config.out)
  return { kind: 'resume', config, folder, pipeline: parsePipeline(pipeline) }
}

async function isFree({ path }: RunFolder): Promise<boolean> {
  const entries = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw new ConfigError('RUN_FOLDER', `The run folder ${path} cannot be used: ${cause.message}. Give another --out.`)
  })
  return entries.length === 0
}

function assertSameSettings(wanted: PlacedConfig, found: Config): void {
  if (configFingerprint(wanted) === configFingerprint(found)) return
  const [now, before] = [wanted, found].map((config) => new Map(Object.entries(config)))
  const key = [...now.keys()].find(
    (name) => affectsResults(name) && JSON.stringify(now.get(name)) !== JSON.stringify(before.get(name)),
  )
  throw new ConfigError(
    'CONFLICT',
    `${wanted.out} holds a run with other settings: ${key} is ${JSON.stringify(before.get(key!))} there, but ${JSON.stringify(now.get(key!))} here. Give another --out, or remove the folder.`,
  )
}

async function score({ team, config }: Learner, parameters: Float32Array, weightsSha256: string): Promise<LastWeights> {
  team.publish(parameters, config.iterations)
  const { actions, scores, labels } = await decideSplit(team, config, 'test')
  const threats = labels.reduce((sum, label) => sum + label, 0)
  const scored = scoresOf({ actions, scores, labels }, config.rewards)
  return { split: 'test', rows: labels.length, threats, weightsSha256, team: scored }
}
