import { join } from 'node:path'
import {
  formatDuration,
  readMetrics,
  readScoredTraining,
  type ScoredTraining,
  type Session,
  trainAndScore,
} from '@vigil/learner'
import type { PlannedRun } from './plan.ts'

/** A training that was finished, or the reason why it came to no end. */
export type RunOutcome =
  | { readonly run: PlannedRun; readonly training: ScoredTraining }
  | { readonly run: PlannedRun; readonly failure: string; readonly metrics: ScoredTraining['metrics'] }

/** Lines of progress of each training in a pipe: there are many trainings. */
const PLAIN_LINES = 4

/**
 * Trains one run after another, telling which of how many and about how long the rest takes. What is finished already is
 * read. Ends early when it is asked to stop: what was under way stays in its folder and is gone on with next time.
 *
 * @throws as trainAndScore, except for weights that stop being finite, which is an outcome
 */
export async function runAll(runs: readonly PlannedRun[], session: Session): Promise<readonly RunOutcome[]> {
  const say = (text: string) => session.stream.write(`${text}\n`)
  // All are looked at before the first one begins: a folder with other settings ends the command before any work.
  const outcomes = new Map<PlannedRun, RunOutcome>()
  for (const run of runs) {
    const training = await readScoredTraining(run.config)
    if (training !== null) outcomes.set(run, { run, training })
  }
  if (outcomes.size > 0) say(`${outcomes.size} of ${runs.length} trainings are finished already.`)
  const waiting = runs.filter((run) => !outcomes.has(run))
  const startMs = performance.now()
  for (const [index, run] of waiting.entries()) {
    const spentMs = performance.now() - startMs
    const left = index === 0 ? '' : `, about ${formatDuration((spentMs / index) * (waiting.length - index))} left`
    say(`\n${runs.indexOf(run) + 1} of ${runs.length}: ${run.name}, seed ${run.seed}${left}`)
    const outcome = await runOne(run, { ...session, plainLines: PLAIN_LINES })
    if (outcome === null) break
    outcomes.set(run, outcome)
    if (session.stop.requested()) break
  }
  return runs.flatMap((run) => outcomes.get(run) ?? [])
}

async function runOne(run: PlannedRun, session: Session): Promise<RunOutcome | null> {
  try {
    const training = await trainAndScore(run.config, session)
    return training === null ? null : { run, training }
  } catch (error) {
    if (!diverged(error)) throw error
    session.stream.write(`${error.message}\n`)
    return { run, failure: error.message, metrics: await readMetrics(join(run.config.out, 'metrics.jsonl')) }
  }
}

/** Weights or policies that stopped being finite: with these presets something to be learnt from, not a mistake. */
function diverged(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && (error.code === 'NOT_FINITE' || error.code === 'NON_FINITE_POLICY')
  )
}
