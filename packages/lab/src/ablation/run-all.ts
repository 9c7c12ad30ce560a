import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatDuration } from '@vigil/command-line'
import { DATA_ERRORS } from '@vigil/data'
import { isErrorOf, VigilError } from '@vigil/errors'
import { readScoredTraining, rememberingLoader, type ScoredTraining, type Session, trainAndScore } from '@vigil/learner'
import { RUN_FOLDER_ERRORS, readMetrics } from '@vigil/runs'
import { LAB } from '../faults/composition.ts'
import type { PlannedRun } from './plan.ts'

/** A training that was finished, or the reason why it came to no end. */
export type RunOutcome =
  | { readonly run: PlannedRun; readonly training: ScoredTraining }
  | { readonly run: PlannedRun; readonly failure: string; readonly metrics: ScoredTraining['metrics'] }

/** A training that could not be gone on with or read, and why. */
type BrokenRun = { readonly run: PlannedRun; readonly error: Error & { readonly code: string } }

/** What came of all runs; those that are in neither list are yet to be done. */
export type AllOutcomes = { readonly outcomes: readonly RunOutcome[]; readonly broken: readonly BrokenRun[] }

/** Lines of progress of each training in a pipe: there are many trainings. */
const PLAIN_LINES = 4

/**
 * Trains one run after another, telling which of how many and about how long the rest takes. What is finished already is
 * read. Ends early when it is asked to stop: what was under way stays in its folder and is gone on with next time. A run
 * whose files are damaged, or in whose folder another process trains, does not keep the others from being done.
 *
 * @throws as trainAndScore for what would go wrong with every run, and a folder that holds something else
 */
export async function runAll(runs: readonly PlannedRun[], session: Session): Promise<AllOutcomes> {
  const say = (text: string) => session.stream.write(`${text}\n`)
  const outcomes = new Map<PlannedRun, RunOutcome>()
  const broken = new Map<PlannedRun, BrokenRun>()
  const attempt = async (run: PlannedRun, work: () => Promise<RunOutcome | null>) => {
    try {
      const outcome = await work()
      if (outcome !== null) outcomes.set(run, outcome)
    } catch (error) {
      if (!concernsOneRun(error)) throw error
      broken.set(run, { run, error })
      say(`${run.name}, seed ${run.seed} is left: ${error.message}`)
    }
  }
  // All are looked at before the first one begins: a folder with other settings ends the command before any work.
  for (const run of runs) {
    await attempt(run, async () => {
      const training = await readScoredTraining(run.config)
      return training && { run, training }
    })
  }
  if (outcomes.size > 0) say(`${outcomes.size} of ${runs.length} trainings are finished already.`)
  const waiting = runs.filter((run) => !outcomes.has(run) && !broken.has(run))
  const startMs = performance.now()
  const load = rememberingLoader()
  for (const [index, run] of waiting.entries()) {
    const spentMs = performance.now() - startMs
    const left = index === 0 ? '' : `, about ${formatDuration((spentMs / index) * (waiting.length - index))} left`
    say(`\n${runs.indexOf(run) + 1} of ${runs.length}: ${run.name}, seed ${run.seed}${left}`)
    // What is wrong with these presets is known.
    await attempt(run, () => runOne(run, { ...session, plainLines: PLAIN_LINES, warns: false }, load))
    if (session.stop.requested()) break
  }
  return { outcomes: runs.flatMap((run) => outcomes.get(run) ?? []), broken: [...broken.values()] }
}

async function runOne(
  run: PlannedRun,
  session: Session,
  load: ReturnType<typeof rememberingLoader>,
): Promise<RunOutcome | null> {
  try {
    const training = await trainAndScore(run.config, session, { load, composition: LAB })
    return training && { run, training }
  } catch (error) {
    if (!diverged(error)) throw error
    session.stream.write(`${error.message}\n`)
    const metrics = join(run.config.out, 'metrics.jsonl')
    // The first iteration may have been the last.
    return { run, failure: error.message, metrics: existsSync(metrics) ? await readMetrics(metrics) : [] }
  }
}

/** Weights or policies that stopped being finite: with these presets something to be learnt from, not a mistake. */
function diverged(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && (error.code === 'NOT_FINITE' || error.code === 'NON_FINITE_POLICY')
  )
}

/** Damaged files, a folder in use, too little memory; data that are wrong are wrong for all. */
function concernsOneRun(error: unknown): error is BrokenRun['error'] {
  if (isErrorOf(RUN_FOLDER_ERRORS, error)) return error.code === 'IN_USE'
  return error instanceof VigilError && error.kind === 'data' && !isErrorOf(DATA_ERRORS, error)
}
