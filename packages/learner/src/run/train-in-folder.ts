import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { FeaturePipeline } from '@vigil/data'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts'
import { CheckpointError } from '../checkpoint/errors.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import type { Engine } from '../engine/engine.ts'
import { appendMetrics, readMetrics, rewindMetrics } from '../run-files/metrics.ts'
import { type RunRecord, readRunRecord, recordOf, writeRunRecord } from '../run-files/run-record.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { createWarnings } from '../terminal/warnings.ts'
import { type TrainingState, train } from '../training/train.ts'
import type { Learner } from './learner.ts'
import { createRunFolder, type RunFolder, removeUnfinishedFiles } from './run-folder.ts'
import { lockRunFolder } from './run-lock.ts'
import type { Session } from './session.ts'

/** A run to begin, or one to go on with. */
export type TrainRunPlan =
  | { readonly kind: 'new'; readonly config: Config }
  | { readonly kind: 'resume'; readonly config: Config; readonly folder: RunFolder; readonly pipeline: FeaturePipeline }

/** Where the training in a folder stands when it ends. */
export type FolderTraining = {
  readonly folder: RunFolder
  readonly state: TrainingState
  /** What is in run.json; null when training was asked to stop before its end. */
  readonly record: RunRecord | null
}

/**
 * The training of a run with all its files (config.json, pipeline.json, metrics.jsonl, checkpoints, and run.json at its
 * end), from its beginning or from where it stands in the folder. The engine's work ends here, however it ends.
 *
 * @throws {ConfigError} RUN_FOLDER, IN_USE, {CheckpointError}, {RunFileError}, and as train
 */
export async function trainInFolder(plan: TrainRunPlan, learner: Learner, session: Session): Promise<FolderTraining> {
  const { config } = plan
  const { engine, identity } = learner
  let unlock: () => Promise<void> = async () => undefined
  try {
    const folder = plan.kind === 'new' ? await createRunFolder(config, learner.pipeline) : plan.folder
    unlock = await lockRunFolder(folder.path)
    const say = (text: string) => session.stream.write(`${text}\n`)
    const from = plan.kind === 'new' ? learner.begin() : await resume(learner, folder, say)
    const progress = createProgress({ ...session, totalIterations: config.iterations })
    const state = await trainWithFiles(learner, folder, from, { ...session, progress })
    if (state.iteration < config.iterations) return { folder, state, record: null }
    const record = recordOf(state.parameters, engine, identity)
    // Training that was finished before keeps the record of the versions that finished it.
    const isNews = from.iteration < config.iterations || (await readRunRecord(folder.record)) === null
    if (isNews) await writeRunRecord(folder.record, record)
    return { folder, state, record }
  } finally {
    engine.dispose()
    await unlock()
  }
}

/** Goes back to the latest checkpoint, or to the beginning where training ended before the first one. */
async function resume(learner: Learner, folder: RunFolder, say: (text: string) => void): Promise<TrainingState> {
  const { config, team, engine, identity } = learner
  await removeUnfinishedFiles(folder)
  const checkpoint = await readCheckpoint(folder.latest, identity).catch((error: unknown) => {
    if (error instanceof CheckpointError && error.code === 'MISSING') return null
    throw error
  })
  if (checkpoint === null) {
    await assertNoCheckpointWasDue(config, folder)
    await rm(folder.metrics, { force: true })
    say(`the run has no checkpoint yet: beginning again at iteration 1 of ${config.iterations}`)
    return learner.begin()
  }
  assertSameEngine(checkpoint, engine)
  const { configFingerprint: _settings, datasetFingerprint: _data, engine: _engine, optimiser, ...state } = checkpoint
  const { iteration, parameters, lanes } = state
  team.pool.restoreShards(lanes)
  engine.loadParameters(parameters)
  engine.loadOptimiser(optimiser)
  await rewindMetrics(folder.metrics, iteration)
  const isFinished = iteration === config.iterations
  say(
    isFinished
      ? `nothing is left to train: ${iteration} of ${config.iterations} iterations are done`
      : `going on after iteration ${iteration} of ${config.iterations}`,
  )
  return state
}

/**
 * A lost checkpoint must not look like one that was never written: what was learnt since the beginning would be dropped.
 * An iteration's line is written before its checkpoint, and the best checkpoint before the latest, so a process may have
 * been killed in the iteration of the first validation with its line, and the best checkpoint, there already.
 *
 * @throws {CheckpointError} MISSING
 */
async function assertNoCheckpointWasDue({ validateEvery, iterations }: Config, folder: RunFolder): Promise<void> {
  const first = Math.min(validateEvery, iterations)
  const last = existsSync(folder.metrics) ? ((await readMetrics(folder.metrics)).at(-1)?.iteration ?? 0) : 0
  const evidence = [
    { holds: (await readRunRecord(folder.record)) !== null, says: `${folder.record} says that training was finished` },
    {
      holds: last > first,
      says: `${folder.metrics} has iteration ${last}, and iteration ${first} wrote the first one`,
    },
    { holds: last < first && existsSync(folder.best), says: `${folder.best} is there, which is written with it` },
  ].find(({ holds }) => holds)
  if (evidence === undefined) return
  throw new CheckpointError(
    'MISSING',
    `The checkpoint ${folder.latest} to go on from is missing, but there must be one: ${evidence.says}. Put the file back, or train a new run.`,
  )
}

/** Training with its metrics and checkpoints on disk and its progress on the screen. */
async function trainWithFiles(
  { config, team, engine, identity }: Learner,
  folder: RunFolder,
  from: TrainingState,
  { progress, stop, warns = true }: Pick<Session, 'stop' | 'warns'> & { readonly progress: Progress },
): Promise<TrainingState> {
  const before = from.iteration === 0 ? [] : await readMetrics(folder.metrics)
  const warnings = warns ? createWarnings(config, before, folder.path) : null
  // Many trainings may share one request; each speaks of it only while it goes on.
  const unsubscribe = stop.onRequest(() =>
    progress.message('Stopping after this iteration; once more to stop at once.'),
  )
  try {
    return await train(config, team, engine, from, {
      shouldStop: stop.requested,
      async iteration(metrics) {
        await appendMetrics(folder.metrics, metrics)
        progress.iteration(metrics)
        for (const warning of warnings?.iteration(metrics) ?? []) progress.message(warning)
      },
      async checkpoint(state, isBest) {
        const { sizes: _sizes, ...fingerprints } = identity
        const optimiser = await engine.storeOptimiser()
        const checkpoint: Checkpoint = {
          ...state,
          ...fingerprints,
          optimiser,
          engine: engineOf(engine),
        }
        // The best first: a crash between the two repeats this iteration and writes the same best again.
        if (isBest) await writeCheckpoint(folder.best, checkpoint)
        await writeCheckpoint(folder.latest, checkpoint)
      },
    })
  } finally {
    unsubscribe()
    progress.finish()
  }
}

/** What computed the weights, for instance `tfjs wasm`: another engine would go on, but with other last bits. */
function engineOf({ name, backend }: Engine): string {
  return `${name} ${backend}`
}

function assertSameEngine(checkpoint: Checkpoint, engine: Engine): void {
  if (checkpoint.engine === engineOf(engine)) return
  throw new ConfigError(
    'CONFLICT',
    `The run was trained with the engine "${checkpoint.engine}", but this machine offers "${engineOf(engine)}". Resume it where the same engine is available, or train a new run.`,
  )
}
