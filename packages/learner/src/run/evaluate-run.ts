import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import type { EvaluationSplit } from '@vigil/actors'
import { systemReason, writeFileAtomically } from '@vigil/command-line'
import type { Config } from '@vigil/config'
import { createEngine } from '@vigil/engine'
import type { BlockedIntruder } from '@vigil/env-wasm'
import { isErrorOf, type VigilError } from '@vigil/errors'
import {
  type Attack,
  type Budget,
  boostingBaseline,
  evaluateResponse,
  evaluateTeam,
  meanReturn,
  playSplit,
  type StopLevel,
  type TeamEvaluation,
  trainByCrossEntropy,
} from '@vigil/evaluation'
import {
  CHECKPOINT_ERRORS,
  checkpointError,
  createReturnNormaliser,
  inputMaskOf,
  readCheckpoint,
  writeCheckpoint,
} from '@vigil/ppo'
import { renderReport } from '@vigil/report'
import {
  assertKnownLines,
  assertWritable,
  bundleFiles,
  type Evaluation,
  makeFolder,
  NO_LINES,
  type RunFolder,
  readMetrics,
  resultFiles,
  runFolderAt,
  runFolderError,
  weightsSha256,
  writeEvaluation,
} from '@vigil/runs'
import { engineSettingsOf, evaluationSettingsOf, ppoSettingsOf } from '../settings.ts'
import { createSteps, type Steps } from '../terminal/steps.ts'
import { summaryTable } from '../terminal/summary.ts'
import { alertPricesBefore } from './alert-prices.ts'
import { certifyDecisions } from './certify-decisions.ts'
import type { Composition } from './composition.ts'
import type { Session } from './session.ts'
import { trainAttackers } from './train-attackers.ts'
import { type BundledRun, writeRunBundle } from './write-run-bundle.ts'

/** A trained run, opened. */
export type EvaluatedRun = BundledRun & {
  readonly composition: Composition
  readonly split: EvaluationSplit
  /** what the team's decisions are attacked by */
  readonly attacks: readonly Attack[]
  /** what its operating points may cost at most */
  readonly budgets: readonly Budget[]
  /** whether the team signs its decisions */
  readonly certify: boolean
  /** That of the bundle, where one has just been written there; absent = it is to be written. */
  readonly stopLevel?: StopLevel | null
  /** where the results go, a folder that is there; default: the run folder */
  readonly out?: string
}

/**
 * Evaluates the best checkpoint of a run on one split, writes bundle, evaluation and report, and shows the result. What cannot be
 * read or written is said before the work.
 *
 * @throws {VigilError} MISSING, UNREADABLE, DAMAGED, FOREIGN when there is no usable checkpoint
 * @throws {VigilError} METRICS_INVALID for metrics that are not the run's, RUN_FILE_UNWRITABLE for a folder that cannot be written to
 */
export async function evaluateRun(run: EvaluatedRun, session: Pick<Session, 'stream' | 'isTTY'>): Promise<Evaluation> {
  const { config, folder, team, identity, split, out = folder.path } = run
  const results = resultFiles({ path: out }, split)
  await assertEvaluable(run)
  const { parameters, iteration, metricsSha256 } = await readCheckpoint(folder.best, identity)
  const metrics = await readMetrics(folder.metrics)
  assertKnownLines(folder.metrics, metrics, { iteration, metricsSha256, source: folder.best })
  const steps = createSteps(session)
  const say = steps.message
  try {
    const stopLevel = run.stopLevel === undefined ? await writeRunBundle(run, out, steps.step) : run.stopLevel
    say(`evaluating the checkpoint of iteration ${iteration}, the best on validation, on the ${split} split`)
    const { evaluation, decisions } = await evaluated(
      run,
      { parameters, stopLevel, alertPrices: alertPricesBefore(iteration, metrics) },
      steps,
    )
    if (run.certify && decisions !== null) {
      steps.step('agreeing on the decisions and signing them', 0, 1)
      const certified = { ...identity, split, parameters, decisions, files: results }
      const { rows, keysSha256 } = await certifyDecisions(team, config, certified)
      say(`weights SHA-256 ${weightsSha256(parameters)}`)
      say(`${relative(process.cwd(), results.publicKeys)} has the SHA-256 ${keysSha256}: keep it elsewhere`)
      say(`${rows} decisions agreed on and signed: npx nx run tools:verify ${verifyFlags(results)}`)
    } else {
      // Those of an earlier evaluation would stand beside a report that they are not of.
      for (const path of [results.certificates, results.publicKeys]) await rm(path, { force: true })
    }
    await writeEvaluation(results.evaluation, evaluation)
    await writeFileAtomically(results.report, renderReport({ config, metrics, evaluation }))
    const files = [
      { what: 'report', path: results.report },
      { what: 'evaluation', path: results.evaluation },
      ...(run.certify ? [{ what: 'certificates', path: results.certificates }] : []),
      { what: 'metrics', path: folder.metrics },
      { what: 'config', path: folder.config },
      { what: 'bundle', path: `${out}/bundle` },
      { what: 'checkpoints', path: `${folder.path}/checkpoints` },
    ].map(({ what, path }) => ({ what, path: relative(process.cwd(), path) }))
    steps.finish()
    session.stream.write(`\n${summaryTable({ evaluation, files, isTTY: session.isTTY })}`)
    return evaluation
  } finally {
    steps.finish()
  }
}

/** The evaluation, and the decisions of a team whose actions have no consequences. */
async function evaluated(
  run: EvaluatedRun,
  {
    parameters,
    stopLevel,
    alertPrices,
  }: {
    readonly parameters: Float32Array
    readonly stopLevel: StopLevel | null
    readonly alertPrices: readonly (number | null)[]
  },
  steps: Steps,
): Promise<Omit<TeamEvaluation, 'decisions'> & { readonly decisions: TeamEvaluation['decisions'] | null }> {
  const { config, folder, team, split, attacks, budgets } = run
  const settings = evaluationSettingsOf(config)
  const { denseNames, categoricalColumns } = team.dataset
  const hasInputs = denseNames.length + categoricalColumns.length > 0
  const boostingOf = async () =>
    await boostingBaseline(team.dataset, [folder.boosting, keptFile(run, 'boosting')], steps.message, (progress) =>
      steps.step('training the boosting baseline', progress.trees, progress.treeCount),
    )
  if (stopLevel !== null) {
    const evaluation = await evaluateResponse(team, settings, {
      ...{ split, parameters, stopLevel, alertPrices, boosting: hasInputs ? await boostingOf() : null },
      onStep: steps.step,
      replay: (stopFactor) => (block) => replayed(run, { parameters, block, stopFactor }),
    })
    return { evaluation, decisions: null }
  }
  const crossEntropy = await crossEntropyParameters(run, steps)
  return await evaluateTeam(team, settings, {
    ...{ split, parameters, crossEntropy, boosting: await boostingOf(), attacks, budgets, onStep: steps.step },
    trainAttackers: (attack) => trainAttackers(run, attack),
  })
}

/** Mean return of the same team where blocked intruders do something else. */
async function replayed(
  { config, composition, team: { dataset }, split }: EvaluatedRun,
  acting: { readonly parameters: Float32Array; readonly block: BlockedIntruder; readonly stopFactor: number },
): Promise<number> {
  const other: Config = { ...config, response: { ...config.response, block: acting.block } }
  const team = await composition.createTeam(other, dataset)
  try {
    team.publish(acting.parameters, 0)
    const { stopFactor } = acting
    return meanReturn(await playSplit(team, evaluationSettingsOf(other), split, { stopFactor }))
  } finally {
    await team.pool.close()
  }
}

/** Where an evaluation is of, and where it goes. */
type Destination = Pick<EvaluatedRun, 'folder' | 'split' | 'out'>

/**
 * Makes sure that what an evaluation writes can be written.
 *
 * @throws {VigilError} RUN_FILE_UNWRITABLE
 */
export async function assertEvaluable(destination: Destination): Promise<void> {
  const { folder, split, out = folder.path } = destination
  const files = [
    ...Object.values(resultFiles({ path: out }, split)),
    ...Object.values(bundleFiles(out)),
    ...BASELINES.map((name) => keptFile(destination, name)),
  ]
  await assertWritable(out, files, 'Give another place for the results: --out=FOLDER.')
}

/**
 * The folder for results that are not to lie with their run; made where it is missing.
 *
 * @throws {VigilError} RUN_FOLDER when it cannot be made, or is the folder of another run
 */
export async function resultFolder(out: string, { path }: RunFolder): Promise<string> {
  if (resolve(out) === resolve(path)) return path
  await makeFolder(resolve(out)).catch((cause: Error) => {
    throw runFolderError('RUN_FOLDER', `The folder ${out} cannot be made: ${systemReason(cause)}. Give another --out.`)
  })
  if (!existsSync(runFolderAt(out).config)) return out
  throw runFolderError('RUN_FOLDER', `${out} is the folder of another run than ${path}. Give another --out.`)
}

function verifyFlags({ certificates, publicKeys }: ReturnType<typeof resultFiles>): string {
  const [file, keys] = [certificates, publicKeys].map((path) => relative(process.cwd(), path))
  return `--certificates=${file} --keys=${keys}`
}

/** Baselines that are trained once and kept. */
const BASELINES = ['crossEntropy', 'boosting'] as const

/** Where a baseline is kept: with the run's checkpoints, or with results that go elsewhere. */
function keptFile({ folder, out }: Destination, name: (typeof BASELINES)[number]): string {
  return out === undefined || out === folder.path ? folder[name] : join(out, basename(folder[name]))
}

/** The baseline as it is kept in the run, or else where it would be written. */
async function readCrossEntropy(run: EvaluatedRun): Promise<Float32Array> {
  const { config, folder, identity } = run
  // A baseline knows of no specification.
  const sizes = { ...identity.sizes, multiplierCount: 0, historyLength: 0 }
  let first: VigilError | null = null
  for (const path of new Set([folder.crossEntropy, keptFile(run, 'crossEntropy')])) {
    try {
      const { iteration, parameters } = await readCheckpoint(path, { ...identity, sizes })
      if (iteration === config.iterations) return parameters
      throw checkpointError('FOREIGN', `${path} is that of ${iteration} iterations, the run has ${config.iterations}.`)
    } catch (error) {
      if (!isErrorOf(CHECKPOINT_ERRORS, error)) throw error
      if (first === null || first.code === 'MISSING') first = error
    }
  }
  throw first
}

/** The cross-entropy baseline of this run; trained where there is no good copy of it. */
async function crossEntropyParameters(run: EvaluatedRun, { step, message }: Steps): Promise<Float32Array> {
  const { config, team, identity } = run
  try {
    return await readCrossEntropy(run)
  } catch (error) {
    if (!isErrorOf(CHECKPOINT_ERRORS, error)) throw error
    if (error.code !== 'MISSING') message(`training the cross-entropy baseline again: ${error.message}`)
  }
  const { rowsPerIteration, rolloutSteps } = config
  const settings = { ...ppoSettingsOf(config), rowsPerIteration, rolloutSteps }
  const engine = await createEngine(engineSettingsOf(config), team.network, inputMaskOf(team.network, settings))
  try {
    const stage = 'training the cross-entropy baseline'
    const parameters = await trainByCrossEntropy(settings, team, engine, (done, total) => step(stage, done, total))
    const { configFingerprint, datasetFingerprint } = identity
    await writeCheckpoint(keptFile(run, 'crossEntropy'), {
      ...{ configFingerprint, datasetFingerprint, metricsSha256: NO_LINES },
      iteration: config.iterations,
      envSteps: config.iterations * config.rowsPerIteration,
      passes: 0,
      engine: `${engine.name} ${engine.backend}`,
      normaliser: createReturnNormaliser('none'),
      multipliers: [],
      history: new Uint8Array(0),
      best: null,
      parameters,
      optimiser: await engine.storeOptimiser(),
      acting: null,
      lanes: new Uint8Array(0),
    })
    return parameters
  } finally {
    engine.dispose()
  }
}
