import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { writeFileAtomically } from '@vigil/command-line'
import { type Config, configError, lengthened } from '@vigil/config'
import { bitsOf, type Engine } from '@vigil/engine'
import { isErrorOf } from '@vigil/errors'
import type { StopLevel } from '@vigil/evaluation'
import type { FeaturePipeline } from '@vigil/features'
import { CHECKPOINT_ERRORS, type Checkpoint, checkpointError, readCheckpoint, writeCheckpoint } from '@vigil/ppo'
import {
  appendMetrics,
  createRunFolder,
  linesSha256,
  lockRunFolder,
  NO_LINES,
  type RunFolder,
  type RunRecord,
  readMetrics,
  readRunRecord,
  recordOf,
  removeUnfinishedFiles,
  rewindMetrics,
  writeRunRecord,
} from '@vigil/runs'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { createSteps } from '../terminal/steps.ts'
import { createWarnings } from '../terminal/warnings.ts'
import { firstState } from './first-state.ts'
import { assertNothingHiddenIsRead } from './hidden-inputs.ts'
import type { Learner } from './learner.ts'
import { openRun } from './open-run.ts'
import { growth, type Origin } from './origin.ts'
import type { RunState } from './run-state.ts'
import { identityOf, type RunIdentity, type Session } from './session.ts'
import { openCurves } from './tensorboard-curves.ts'
import { validatedTraining } from './validated-training.ts'
import { writeRunBundle } from './write-run-bundle.ts'

/** A run to begin, or one to go on with. */
export type TrainRunPlan = NewPlan | ResumePlan

/** A run to begin. */
export type NewPlan = {
  readonly kind: 'new'
  readonly config: Config
  /** The team to begin from, as the config says; absent = fresh weights. */
  readonly origin?: Origin
}

/** A run to go on with. */
export type ResumePlan = {
  readonly kind: 'resume'
  readonly config: Config
  /** The same, but for the engine: that of the checkpoint where the config leaves the choice to the machine. Absent = the config. */
  readonly computing?: Config
  readonly folder: RunFolder
  readonly pipeline: FeaturePipeline
  /** How many iterations there shall be from now on, more than the run was to have; absent = as many as it was. */
  readonly iterations?: number
}

/** Where the training in a folder stands when it ends. */
export type FolderTraining = {
  readonly folder: RunFolder
  /** Of the run as it is now: it may have been made longer. */
  readonly config: Config
  readonly identity: RunIdentity
  readonly state: RunState
  /** What is in run.json; null when training was asked to stop before its end. */
  readonly record: RunRecord | null
  /** As the bundle has it; null where actions have no consequences, or training was asked to stop. */
  readonly stopLevel: StopLevel | null
}

/**
 * The training of a run with all its files (config.json, pipeline.json, metrics.jsonl, checkpoints, and bundle and run.json
 * at its end), from its beginning or from where it stands in the folder. The engine's work ends here, however it ends.
 *
 * @param maxFalseContainmentRate largest share of the streams without a threat that the bundle's stop level may contain; null = any
 * @throws {VigilError} RUN_FOLDER, IN_USE, {VigilError}, and as train
 */
export async function trainInFolder(
  plan: TrainRunPlan,
  learner: Learner,
  session: Session,
  maxFalseContainmentRate: number | null = null,
): Promise<FolderTraining> {
  const { engine } = learner
  let unlock: () => Promise<void> = async () => undefined
  try {
    // The next free folder is claimed before it is locked: nobody else looks for it.
    if (plan.kind === 'resume') unlock = await lockRunFolder(plan.folder.path)
    else if (plan.config.out !== null) unlock = await lockRunFolder(plan.config.out)
    const isResumed = plan.kind === 'resume'
    const { folder, begun } = isResumed ? await resume(plan, learner, session) : await begin(plan, learner, session)
    if (!isResumed && plan.config.out === null) unlock = await lockRunFolder(folder.path)
    const { config, identity, team, pipeline, belief } = begun.learner
    const progress = createProgress({ ...session, totalIterations: config.iterations })
    const { state, metricsSha256 } = await trainWithFiles(begun, folder, { ...session, progress })
    if (state.iteration < config.iterations) return { folder, config, identity, state, record: null, stopLevel: null }
    const record = recordOf(state.parameters, engine, { ...identity, metricsSha256 })
    // Training that was finished before keeps the record of the versions that finished it.
    const isNews = begun.state.iteration < config.iterations || (await readRunRecord(folder.record)) === null
    if (isNews) await writeRunRecord(folder.record, record)
    const steps = createSteps(session)
    try {
      const run = { config, folder, team, identity, pipeline, belief, maxFalseContainmentRate }
      const stopLevel = await writeRunBundle(run, folder.path, steps.step)
      return { folder, config, identity, state, record, stopLevel }
    } finally {
      steps.finish()
    }
  } finally {
    engine.dispose()
    await unlock()
  }
}

/** A training that is about to begin or to go on, and linesSha256 of the lines that it has written. */
type BegunTraining = { readonly learner: Learner; readonly state: RunState; readonly metricsSha256: string }

/** Makes the folder of a new run; one that begins from another run's team keeps what it begins with. */
async function begin({ config, origin }: NewPlan, learner: Learner, session: Session) {
  const begun = { learner, state: await learner.begin(session, origin), metricsSha256: NO_LINES }
  if (origin === undefined) return { folder: await createRunFolder(config, learner.pipeline), begun }
  const checkpoint = await checkpointOf(begun)
  const folder = await createRunFolder(config, learner.pipeline, ({ initial }) => writeCheckpoint(initial, checkpoint))
  session.stream.write(
    `begins with the weights of ${origin.run} after iteration ${origin.best.iteration}${growth(origin, learner.pipeline)}\n`,
  )
  return { folder, begun }
}

/** Goes back to the latest checkpoint, or to the beginning where training ended before the first one. */
async function resume({ folder, iterations }: ResumePlan, learner: Learner, session: Session) {
  const say = (text: string) => session.stream.write(`${text}\n`)
  const { config, team, engine, identity } = learner
  await removeUnfinishedFiles(folder)
  const checkpoint = await readCheckpoint(folder.latest, identity).catch((error: unknown) => {
    if (isErrorOf(CHECKPOINT_ERRORS, error) && error.code === 'MISSING') return null
    throw error
  })
  if (checkpoint === null) {
    await assertNoCheckpointWasDue(config, folder)
    await rm(folder.metrics, { force: true })
    const longer = await lengthen(learner, folder, { after: 0, iterations, say })
    say(`the run has no checkpoint yet: beginning again at iteration 1 of ${longer.config.iterations}`)
    return {
      folder,
      begun: { learner: longer, state: await firstState(folder, longer, session), metricsSha256: NO_LINES },
    }
  }
  assertSameEngine(checkpoint, engine)
  const { configFingerprint: _settings, datasetFingerprint: _data, engine: _engine, ...rest } = checkpoint
  const { optimiser, metricsSha256, ...state } = rest
  const { iteration, parameters, lanes } = state
  assertNothingHiddenIsRead(parameters, learner.mask, folder.latest)
  await rewindMetrics(folder.metrics, { iteration, metricsSha256, source: folder.latest })
  team.pool.restoreShards(lanes)
  engine.loadParameters(parameters)
  engine.loadOptimiser(optimiser)
  const longer = await lengthen(learner, folder, { after: iteration, iterations, say })
  const isFinished = iteration === longer.config.iterations
  say(
    isFinished
      ? `nothing is left to train: ${iteration} of ${iteration} iterations are done`
      : `going on after iteration ${iteration} of ${longer.config.iterations}`,
  )
  return { folder, begun: { learner: longer, state, metricsSha256 } }
}

/**
 * Makes the run longer where it stands, in config.json first: whatever becomes of this process, the next one knows. What
 * run.json says is over then.
 */
async function lengthen(
  learner: Learner,
  folder: RunFolder,
  { after, iterations, say }: { after: number; iterations: number | undefined; say: (text: string) => void },
): Promise<Learner> {
  if (iterations === undefined) return learner
  const { config: saved } = await openRun(folder.path)
  await rm(folder.record, { force: true })
  await writeFileAtomically(folder.config, `${JSON.stringify(lengthened(saved, after, iterations), null, 2)}\n`)
  const config = lengthened(learner.config, after, iterations)
  const percent = (length: number) => `${Math.round(100 * (1 - after / length))} %`
  say(
    `the run is made longer: ${iterations} iterations instead of ${saved.iterations}${
      config.anneal
        ? `. Learning rate and entropy coefficient go on at ${percent(iterations)} of their first values instead of ${percent(saved.iterations)}, and fall to 0 at iteration ${iterations}`
        : ''
    }`,
  )
  return { ...learner, config, identity: identityOf(config, learner.team) }
}

/**
 * A lost checkpoint must not look like one that was never written: what was learnt since the beginning would be dropped.
 * An iteration's line is written before its checkpoint, and the best checkpoint before the latest, so a process may have
 * been killed in the iteration of the first validation with its line, and the best checkpoint, there already.
 *
 * @throws {VigilError} MISSING
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
  throw checkpointError(
    'MISSING',
    `The checkpoint ${folder.latest} to go on from is missing, but there must be one: ${evidence.says}. Put the file back, or train a new run.`,
  )
}

/** Training with its metrics and checkpoints on disk and its progress on the screen. */
async function trainWithFiles(
  { learner, state: from, metricsSha256: known }: BegunTraining,
  folder: RunFolder,
  {
    progress,
    stop,
    pauseAfter = null,
    warns = true,
    notes,
    tensorboard = false,
    onIteration,
  }: Pick<Session, 'stop' | 'pauseAfter' | 'warns' | 'notes' | 'tensorboard' | 'onIteration'> & {
    readonly progress: Progress
  },
): Promise<{ readonly state: RunState; readonly metricsSha256: string }> {
  const { config } = learner
  const before = from.iteration === 0 ? [] : await readMetrics(folder.metrics)
  const warnings = warns ? createWarnings(config, before, folder.path) : null
  const curves = await openCurves(folder, { config, network: learner.team.network, before, isAsked: tensorboard })
  let metricsSha256 = known
  // Many trainings may share one request; each speaks of it only while it goes on.
  const unsubscribe = stop.onRequest(() =>
    progress.message('Stopping after this iteration; once more to stop at once.'),
  )
  const endNotes = notes?.divert((text) => progress.message(text))
  try {
    let state = from
    if (pauseAfter !== null && from.iteration >= pauseAfter) return { state, metricsSha256 }
    for await (const iteration of validatedTraining(learner, from)) {
      const { metrics, isValidated, isBest } = iteration
      state = iteration.state
      const written = await appendMetrics(folder.metrics, metrics)
      metricsSha256 = linesSha256([written], metricsSha256)
      await curves?.(written, isValidated ? state.parameters : null)
      progress.iteration(metrics)
      for (const warning of warnings?.iteration(metrics) ?? []) progress.message(warning)
      await onIteration?.(written)
      const isStopped = stop.requested() || state.iteration === pauseAfter
      if (isValidated || isStopped) await writeCheckpoints(folder, { learner, state, metricsSha256, isBest })
      if (isStopped) break
    }
    return { state, metricsSha256 }
  } finally {
    unsubscribe()
    endNotes?.()
    progress.finish()
  }
}

/** The best first: a crash between the two repeats this iteration and writes the same best again. */
async function writeCheckpoints(
  folder: RunFolder,
  { isBest, ...training }: BegunTraining & { readonly isBest: boolean },
): Promise<void> {
  const checkpoint = await checkpointOf(training)
  if (isBest) await writeCheckpoint(folder.best, checkpoint)
  await writeCheckpoint(folder.latest, checkpoint)
}

async function checkpointOf({ learner, state, metricsSha256 }: BegunTraining): Promise<Checkpoint> {
  const { engine, identity } = learner
  return {
    ...state,
    metricsSha256,
    configFingerprint: identity.fingerprintAt(state.iteration),
    datasetFingerprint: identity.datasetFingerprint,
    optimiser: await engine.storeOptimiser(),
    engine: engineOf(engine),
  }
}

/** What computed the weights, for instance `tfjs wasm`: another engine would go on, but with other last bits. */
function engineOf({ name, backend }: Engine): string {
  return `${name} ${backend}`
}

function assertSameEngine(checkpoint: Checkpoint, engine: Engine): void {
  const [name, backend] = checkpoint.engine.split(' ')
  if (bitsOf(name, backend) === bitsOf(engine.name, engine.backend)) return
  throw configError(
    'CONFLICT',
    `The run was trained with the engine "${checkpoint.engine}", but this machine offers "${engineOf(engine)}". Resume it where the same engine is available, or train a new run.`,
  )
}
