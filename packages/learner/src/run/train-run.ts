import { createHash } from 'node:crypto'
import type { Dataset, FeaturePipeline } from '@vigil/data'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts'
import type { StopRequest } from '../cli/signals.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { createEngine } from '../engine/create-engine.ts'
import type { Engine } from '../engine/engine.ts'
import { appendMetrics, rewindMetrics } from '../run-files/metrics.ts'
import { createProgress, type Progress } from '../terminal/progress.ts'
import { viewMask } from '../training/diversity.ts'
import { initialState, type TrainingState, train } from '../training/train.ts'
import { evaluateRun } from './evaluate-run.ts'
import { createRunFolder, type RunFolder } from './run-folder.ts'
import { identityOf, loadData, type RunIdentity, type Session } from './session.ts'
import { createTeam, type Team } from './team.ts'

/** A run to begin, or one to go on with. */
export type TrainRunPlan =
  | { readonly kind: 'new'; readonly config: Config }
  | { readonly kind: 'resume'; readonly config: Config; readonly folder: RunFolder; readonly pipeline: FeaturePipeline }

/**
 * The main job: data, team, training, evaluation, report. Nothing is written before the data are read and the team
 * stands, so a mistake leaves no half-made folder.
 */
export async function trainRun(plan: TrainRunPlan, session: Session): Promise<void> {
  const { config } = plan
  const say = (text: string) => session.stream.write(`${text}\n`)
  const { dataset, pipeline } = await loadData(config, plan.kind === 'resume' ? plan.pipeline : undefined, say)
  say(describe(dataset, config))
  const team = await createTeam(config, dataset)
  try {
    const mask = viewMask(team.network, { seed: config.seed, fraction: config.viewFraction })
    const engine = await createEngine(config, team.network, mask)
    say(
      `${config.agents} agents, ${team.parameterCount} weights, ${team.pool.actors} actors, engine ${engine.name} (${engine.device})`,
    )
    const identity = identityOf(config, team)
    let state: TrainingState
    let folder: RunFolder
    if (plan.kind === 'new') {
      state = initialState(config, team, mask)
      engine.loadParameters(state.parameters)
      folder = await createRunFolder(config, pipeline)
    } else {
      folder = plan.folder
      const checkpoint = await readCheckpoint(folder.latest, identity)
      assertSameEngine(checkpoint, engine)
      state = resume(checkpoint, engine, team)
      await rewindMetrics(folder.metrics, state.iteration)
      const isFinished = state.iteration === config.iterations
      say(
        isFinished
          ? `the run is finished, ${state.iteration} of ${config.iterations} iterations: evaluating it again`
          : `going on after iteration ${state.iteration} of ${config.iterations}`,
      )
    }
    const progress = createProgress({ ...session, totalIterations: config.iterations })
    state = await trainWithFiles({ config, folder, team, engine, identity }, state, { progress, stop: session.stop })
    engine.dispose()
    session.stop.release()
    if (state.iteration < config.iterations) {
      say(
        `Stopped after iteration ${state.iteration} of ${config.iterations}. Go on with: npx nx run learner:train --resume=${folder.path}`,
      )
      return
    }
    say(`weights SHA-256 ${createHash('sha256').update(bytesOf(state.parameters)).digest('hex')}`)
    await evaluateRun({ config, folder, team, identity, split: 'test' }, session)
  } finally {
    await team.pool.close()
  }
}

type TrainedRun = {
  readonly config: Config
  readonly folder: RunFolder
  readonly team: Team
  readonly engine: Engine
  readonly identity: RunIdentity
}

/** Training with its metrics and checkpoints on disk and its progress on the screen. */
async function trainWithFiles(
  { config, folder, team, engine, identity }: TrainedRun,
  from: TrainingState,
  { progress, stop }: { readonly progress: Progress; readonly stop: StopRequest },
): Promise<TrainingState> {
  stop.onRequest(() => progress.message('Stopping after this iteration; once more to stop at once.'))
  try {
    return await train(config, team, engine, from, {
      shouldStop: stop.requested,
      async iteration(metrics) {
        await appendMetrics(folder.metrics, metrics)
        progress.iteration(metrics)
      },
      async checkpoint(state, isBest) {
        const { parameterCount: _size, ...fingerprints } = identity
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

function resume(checkpoint: Checkpoint, engine: Engine, team: Team): TrainingState {
  const { iteration, envSteps, passes, normaliser, best, parameters, optimiser, acting, lanes } = checkpoint
  team.pool.restoreShards(lanes)
  engine.loadParameters(parameters)
  engine.loadOptimiser(optimiser)
  return { iteration, envSteps, passes, normaliser, best, parameters, acting, lanes }
}

function describe(dataset: Dataset, config: Config): string {
  const { train, validation, test } = dataset.splits
  const threats = dataset.labels.reduce((sum, label) => sum + label, 0)
  const share = ((100 * threats) / dataset.rowCount).toFixed(2)
  const inputs = `${dataset.denseNames.length} numbers and ${dataset.categoricalColumns.length} categories`
  return (
    `${config.dataset}: ${dataset.rowCount} events, ${share} % threats, inputs "${config.features}" (${inputs}), ` +
    `${config.split} split ${train.rows.length} / ${validation.rows.length} / ${test.rows.length}`
  )
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
