import { rm } from 'node:fs/promises'
import { relative } from 'node:path'
import type { EvaluationSplit } from '@vigil/actors'
import type { BoostingProgress } from '@vigil/boosting'
import { writeFileAtomically } from '@vigil/command-line'
import type { Attack } from '../attacks/attack-votes.ts'
import { readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts'
import { CheckpointError } from '../checkpoint/errors.ts'
import type { Config } from '../config/config.ts'
import { createEngine } from '../engine/create-engine.ts'
import { evaluateTeam } from '../evaluation/evaluate-team.ts'
import { renderReport } from '../report/report.ts'
import { createReturnNormaliser } from '../return-normaliser.ts'
import { writeEvaluation } from '../run-files/evaluation.ts'
import { readMetrics } from '../run-files/metrics.ts'
import { weightsSha256 } from '../run-files/run-record.ts'
import { summaryTable } from '../terminal/summary.ts'
import { trainByCrossEntropy } from '../training/cross-entropy.ts'
import { viewMaskOf } from '../training/diversity.ts'
import { boostingBaseline } from './boosting-baseline.ts'
import { certifyDecisions } from './certify-decisions.ts'
import { type RunFolder, resultFiles } from './run-folder.ts'
import type { RunIdentity, Session } from './session.ts'
import type { Team } from './team.ts'

/** How often the boosting baseline tells how far it is. */
const TREES_PER_LINE = 40

/** A trained run, opened. */
export type EvaluatedRun = {
  readonly config: Config
  readonly folder: RunFolder
  readonly team: Team
  readonly identity: RunIdentity
  readonly split: EvaluationSplit
  /** what the team's decisions are attacked by */
  readonly attacks: readonly Attack[]
  /** whether the team signs its decisions */
  readonly certify: boolean
}

/**
 * Evaluates the best checkpoint of a run on one split, writes evaluation and report, and shows the result.
 *
 * @throws {CheckpointError} when there is no usable checkpoint
 */
export async function evaluateRun(run: EvaluatedRun, session: Pick<Session, 'stream' | 'isTTY'>): Promise<void> {
  const { config, folder, team, identity, split, attacks } = run
  const say = (text: string) => session.stream.write(`${text}\n`)
  const { parameters, iteration } = await readCheckpoint(folder.best, identity)
  say(`evaluating the checkpoint of iteration ${iteration}, the best on validation, on the ${split} split`)
  const crossEntropy = await crossEntropyParameters(run, say)
  const boosting = await boostingBaseline(team.dataset, folder.boosting, say, (progress) => {
    if (progress.trees % TREES_PER_LINE === 0) say(boostingInWords(progress))
  })
  const { evaluation, decisions } = await evaluateTeam(team, config, {
    split,
    parameters,
    crossEntropy,
    boosting,
    attacks,
  })
  const results = resultFiles(folder, split)
  if (run.certify) {
    const { rows, keysSha256 } = await certifyDecisions(team, config, {
      ...identity,
      split,
      parameters,
      decisions,
      files: results,
    })
    say(`weights SHA-256 ${weightsSha256(parameters)}`)
    say(`${relative(process.cwd(), results.publicKeys)} has the SHA-256 ${keysSha256}: keep it elsewhere`)
    say(`${rows} decisions agreed on and signed: npx nx run tools:verify ${verifyFlags(results)}`)
  } else {
    // Those of an earlier evaluation would stand beside a report that they are not of.
    for (const path of [results.certificates, results.publicKeys]) await rm(path, { force: true })
  }
  await writeEvaluation(results.evaluation, evaluation)
  const metrics = await readMetrics(folder.metrics)
  await writeFileAtomically(results.report, renderReport({ config, metrics, evaluation }))
  const files = [
    { what: 'report', path: results.report },
    { what: 'evaluation', path: results.evaluation },
    ...(run.certify ? [{ what: 'certificates', path: results.certificates }] : []),
    { what: 'metrics', path: folder.metrics },
    { what: 'config', path: folder.config },
    { what: 'checkpoints', path: `${folder.path}/checkpoints` },
  ].map(({ what, path }) => ({ what, path: relative(process.cwd(), path) }))
  session.stream.write(`\n${summaryTable({ evaluation, files, isTTY: session.isTTY })}`)
}

function boostingInWords({ trees, treeCount, validationLoss }: BoostingProgress): string {
  return `boosting baseline: ${trees} of at most ${treeCount} trees, validation loss ${validationLoss.toFixed(4)}`
}

function verifyFlags({ certificates, publicKeys }: ReturnType<typeof resultFiles>): string {
  const [file, keys] = [certificates, publicKeys].map((path) => relative(process.cwd(), path))
  return `--certificates=${file} --keys=${keys}`
}

/** The cross-entropy baseline of this run, kept beside the checkpoints; trained where there is no good copy of it. */
async function crossEntropyParameters(
  { config, folder, team, identity }: EvaluatedRun,
  say: (text: string) => void,
): Promise<Float32Array> {
  // A baseline knows of no specification.
  const sizes = { ...identity.sizes, multiplierCount: 0, historyLength: 0 }
  try {
    return (await readCheckpoint(folder.crossEntropy, { ...identity, sizes })).parameters
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    if (error.code !== 'MISSING') say(`training the cross-entropy baseline again: ${error.message}`)
  }
  const engine = await createEngine(config, team.network, viewMaskOf(team.network, config))
  const parameters = await trainByCrossEntropy(config, team, engine)
  const { sizes: _sizes, ...fingerprints } = identity
  await writeCheckpoint(folder.crossEntropy, {
    ...fingerprints,
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
  engine.dispose()
  return parameters
}
