import { basename, join } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import { configFingerprint } from '@vigil/config'
import { VigilError } from '@vigil/errors'
import {
  assertExperimentFolder,
  type Experiment,
  experimentError,
  readTrainedRun,
  type SeedRun,
  writeExperiment,
} from '@vigil/experiments'
import { type IterationMetrics, lockRunFolder } from '@vigil/runs'
import type { Session } from '../run/session.ts'
import { experimentMarkdown, experimentPage, experimentText } from './experiment-words.ts'
import { type PlannedTraining, standingOf } from './planned-training.ts'
import type { Complaint } from './training-process.ts'
import { trainAll } from './trainings.ts'

/** One configuration over several seeds. */
export type SeedsPlan = {
  /** Folder of the experiment. */
  readonly out: string
  /** In the order of the seeds; run folders lie in `out`. */
  readonly trainings: readonly { readonly seed: number; readonly training: PlannedTraining }[]
  /** How many at a time. */
  readonly parallel: number
}

/** What an experiment has come to. */
type Results = {
  readonly found: Parameters<typeof writeExperiment>[1]
  readonly metrics: ReadonlyMap<string, readonly IterationMetrics[]>
}

/**
 * Trains every seed that is not finished, and writes experiment.json, experiment.md and experiment.html about all. Finished seeds
 * are only read. Ends early when it is asked to; the same call goes on.
 *
 * @throws {VigilError} EXPERIMENT_FOLDER, CONFLICT where the folder holds something else, or runs with other settings
 * @throws {VigilError} IN_USE where another process is at work there; after all others are done TRAININGS_DATA where the data of
 *   those that failed are bad, TRAININGS_FAILED where another reason is among theirs
 */
export async function trainSeeds(plan: SeedsPlan, session: Session): Promise<Experiment> {
  const { out, trainings, parallel } = plan
  await assertExperimentFolder(out)
  const unlock = await lockRunFolder(out)
  try {
    const { waiting, broken } = await leftOf(trainings)
    const done = trainings.length - waiting.length - broken.size
    if (done > 0) session.stream.write(`${done} of ${trainings.length} seeds are finished already.\n`)
    const unfinished = new Map([...broken, ...(await trainAll(waiting, session, parallel))])
    const experiment = await writeResults(out, await readResults(plan, unfinished))
    session.stream.write(experimentText(experiment, { out, isTTY: session.isTTY }))
    const failed = [...unfinished].filter(([, { reason }]) => !EARLY.includes(reason))
    if (failed.length > 0) {
      throw experimentError(
        failed.every(([, { isData }]) => isData) ? 'TRAININGS_DATA' : 'TRAININGS_FAILED',
        `${failed.length} of ${trainings.length} seeds have no result:\n${failed.map(([name, { reason }]) => `  ${name}: ${reason}`).join('\n')}\nThe same command tries again.`,
      )
    }
    return experiment
  } finally {
    await unlock()
  }
}

/** Reasons that are nobody's mistake. */
const EARLY: readonly string[] = ['stopped', 'not begun']

/** Trainings that are yet to be done, and those whose files are damaged, by name and why; the others are not kept waiting by them. */
async function leftOf(trainings: SeedsPlan['trainings']) {
  const waiting: PlannedTraining[] = []
  const broken = new Map<string, Complaint>()
  for (const { training } of trainings) {
    try {
      if (!(await standingOf(training.config)).isEvaluated) waiting.push(training)
    } catch (error) {
      if (!(error instanceof VigilError) || error.kind !== 'data') throw error
      broken.set(training.name, { reason: error.message, isData: true })
    }
  }
  return { waiting, broken }
}

/** @param unfinished takes in what cannot be read, as of a run that was deleted meanwhile */
async function readResults({ trainings }: SeedsPlan, unfinished: Map<string, Complaint>): Promise<Results> {
  const metrics = new Map<string, readonly IterationMetrics[]>()
  const runs: SeedRun[] = []
  for (const { seed, training } of trainings) {
    const { name, config } = training
    if (unfinished.has(name)) continue
    try {
      const run = await readTrainedRun(config.out)
      metrics.set(name, run.metrics)
      runs.push({ seed, folder: basename(config.out), ...run.result })
    } catch (error) {
      if (!(error instanceof VigilError)) throw error
      unfinished.set(name, { reason: error.message, isData: error.kind === 'data' })
    }
  }
  const { config } = trainings[0].training
  const { dataset, features, split, environment } = config
  const found = {
    ...{ dataset, features, split, environment },
    configFingerprint: configFingerprint(config),
    seeds: trainings.map(({ seed }) => seed),
    runs,
    unfinished: trainings.flatMap(({ seed, training: { name } }) => {
      const complaint = unfinished.get(name)
      return complaint === undefined ? [] : [{ seed, reason: complaint.reason }]
    }),
  }
  return { found, metrics }
}

async function writeResults(out: string, { found, metrics }: Results): Promise<Experiment> {
  const experiment = await writeExperiment(join(out, 'experiment.json'), found)
  await writeFileAtomically(join(out, 'experiment.md'), experimentMarkdown(experiment))
  const runs = [...metrics].map(([name, lines]) => ({ name, metrics: lines }))
  await writeFileAtomically(join(out, 'experiment.html'), experimentPage(experiment, runs))
  return experiment
}
