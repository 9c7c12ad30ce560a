import { relative } from 'node:path'
import type { EvaluationSplit } from '@vigil/actors'
import { readCheckpoint, writeCheckpoint } from '../checkpoint/checkpoint.ts'
import { CheckpointError } from '../checkpoint/errors.ts'
import type { Config } from '../config/config.ts'
import { createEngine } from '../engine/create-engine.ts'
import { evaluateTeam } from '../evaluation/evaluate-team.ts'
import { renderReport } from '../report/report.ts'
import { createReturnNormaliser } from '../return-normaliser.ts'
import { writeFileAtomically } from '../run-files/atomic-write.ts'
import { writeEvaluation } from '../run-files/evaluation.ts'
import { readMetrics } from '../run-files/metrics.ts'
import { summaryTable } from '../terminal/summary.ts'
import { trainByCrossEntropy } from '../training/cross-entropy.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunIdentity, Session } from './session.ts'
import type { Team } from './team.ts'

/** A trained run, opened. */
export type EvaluatedRun = {
  readonly config: Config
  readonly folder: RunFolder
  readonly team: Team
  readonly identity: RunIdentity
  readonly split: EvaluationSplit
}

/**
 * Evaluates the best checkpoint of a run on one split, writes evaluation.json and report.html, and shows the result.
 *
 * @throws {CheckpointError} when there is no usable checkpoint
 */
export async function evaluateRun(run: EvaluatedRun, session: Pick<Session, 'stream' | 'isTTY'>): Promise<void> {
  const { config, folder, team, identity, split } = run
  const { parameters, iteration } = await readCheckpoint(folder.best, identity)
  session.stream.write(
    `evaluating the checkpoint of iteration ${iteration}, the best on validation, on the ${split} split\n`,
  )
  const crossEntropy = await crossEntropyParameters(run)
  const evaluation = await evaluateTeam(team, config, { split, parameters, crossEntropy })
  await writeEvaluation(folder.evaluation, evaluation)
  const metrics = await readMetrics(folder.metrics)
  await writeFileAtomically(folder.report, renderReport({ config, metrics, evaluation }))
  const files = [
    { what: 'report', path: folder.report },
    { what: 'evaluation', path: folder.evaluation },
    { what: 'metrics', path: folder.metrics },
    { what: 'config', path: folder.config },
    { what: 'checkpoints', path: `${folder.path}/checkpoints` },
  ].map(({ what, path }) => ({ what, path: relative(process.cwd(), path) }))
  session.stream.write(`\n${summaryTable({ evaluation, files, isTTY: session.isTTY })}`)
}

/** The cross-entropy baseline of this run, trained once and kept beside the checkpoints. */
async function crossEntropyParameters({ config, folder, team, identity }: EvaluatedRun): Promise<Float32Array> {
  try {
    return (await readCheckpoint(folder.crossEntropy, identity)).parameters
  } catch (error) {
    if (!(error instanceof CheckpointError && error.code === 'MISSING')) throw error
  }
  const engine = await createEngine(config, team.network, null)
  const parameters = await trainByCrossEntropy(config, team, engine)
  const { parameterCount: _size, ...fingerprints } = identity
  await writeCheckpoint(folder.crossEntropy, {
    ...fingerprints,
    iteration: config.iterations,
    envSteps: config.iterations * config.rowsPerIteration,
    passes: 0,
    normaliser: createReturnNormaliser('none'),
    best: null,
    parameters,
    optimiser: await engine.storeOptimiser(),
    lanes: new Uint8Array(0),
  })
  engine.dispose()
  return parameters
}
