import { type ConfigInput, configError, resolveConfig } from '@vigil/config'
import { RESUME_SETTINGS, resumePlan, type TrainRunPlan, trainRun } from '@vigil/learner'
import type { IterationMetrics } from '@vigil/runs'
import { openRun, type Run } from './run.ts'

/** What a training tells of itself, and what ends it early. */
export type TrainOptions = {
  /** Called after each iteration, when its metrics are in the run folder; the next one waits for it. */
  readonly onIteration?: (metrics: IterationMetrics) => void | Promise<void>
  /** Ends the training after the iteration under way, with a checkpoint: the run is then not finished, and `resume` goes on with it. */
  readonly signal?: AbortSignal
  /** Gets the lines that the command would print, process.stdout for instance. Default: nobody. */
  readonly output?: { write(text: string): unknown }
}

/** Settings of a run that may change when it goes on: more iterations, and what has no effect on results. */
export type ResumeSettings = Pick<ConfigInput, 'iterations' | (typeof RESUME_SETTINGS)[number]>

const WHO = 'train'

/**
 * Trains a team, evaluates its best checkpoint on the test split, and leaves everything in a run folder (`out`), as
 * `npx vigil train` does. The same settings and seed give the same weights.
 *
 * @example
 * ```ts
 * const run = await train({ dataset: 'synthetic', iterations: 10, seed: 1 }, { onIteration: ({ rewardMean }) => console.log(rewardMean) })
 * console.log(run.path, (await run.evaluation()).team.f1)
 * ```
 *
 * @param settings those of docs/training.md, as keys of a config file; what is left out has its default
 * @returns the run; `isFinished` is false where `signal` has ended it
 * @throws {VigilError} UNKNOWN_KEY, INVALID_VALUE, CONFLICT for settings, and whatever the data and the engine have against them
 */
export async function train(settings: ConfigInput, options: TrainOptions = {}): Promise<Run> {
  return await runPlan({ kind: 'new', config: resolveConfig(settings, WHO) }, options)
}

/**
 * Goes on with a run from its latest checkpoint; the result has the same bytes as that of a run that was never stopped.
 *
 * @example
 * ```ts
 * const run = await resume('runs/NAME', { iterations: 200 }) // longer than it was to be
 * ```
 *
 * @throws {VigilError} RUN_FOLDER, INVALID_VALUE, CONFLICT where it would become shorter, or others of its settings are given
 */
export async function resume(path: string, settings: ResumeSettings = {}, options: TrainOptions = {}): Promise<Run> {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  const allowed: readonly string[] = ['iterations', ...RESUME_SETTINGS]
  const other = given.find(([key]) => !allowed.includes(key))
  if (other !== undefined) {
    throw configError(
      'CONFLICT',
      `resume: goes on with the settings of the run; only ${allowed.join(', ')} may be given with it, not ${JSON.stringify(other[0])}. Leave it out, or train a new run.`,
    )
  }
  return await runPlan(await resumePlan(path, Object.fromEntries(given)), options)
}

async function runPlan(plan: TrainRunPlan, { onIteration, signal, output }: TrainOptions): Promise<Run> {
  const { folder } = await trainRun(plan, {
    stream: { write: (text) => output?.write(text) },
    isTTY: false,
    stop: {
      requested: () => signal?.aborted === true,
      onRequest(listener) {
        signal?.addEventListener('abort', listener)
        return () => signal?.removeEventListener('abort', listener)
      },
    },
    ...(onIteration !== undefined && { onIteration }),
  })
  return await openRun(folder)
}
