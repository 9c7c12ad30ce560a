import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@vigil/config'
import type { RawEvent } from '@vigil/features'
import { openRun as openFolder } from '@vigil/learner'
import { type Evaluation, type IterationMetrics, readBundle, readEvaluation, readMetrics } from '@vigil/runs'
import { createDecider, type Decider, type LiveDecision } from '@vigil/service'

/** A run on disk. Its files are read when they are asked for. */
export type Run = {
  /** The folder. */
  readonly path: string
  readonly config: Config
  /** Whether it is trained to its end and evaluated. */
  readonly isFinished: boolean
  /** One entry for each iteration. @throws {VigilError} where the file is missing or not as it was written */
  metrics(): Promise<readonly IterationMetrics[]>
  /** What the test split says of the team and of the rules beside it. @throws {VigilError} where the run is not finished */
  evaluation(): Promise<Evaluation>
  /** A team that decides on events as they come, and remembers them. @throws {VigilError} UNDECIDABLE, READING_MISSING */
  decider(settings?: DeciderSettings): Promise<Decider>
}

/** How a team decides: rows of one pass, reasons (`why`), rules that may replace an action. */
export type DeciderSettings = NonNullable<Parameters<typeof createDecider>[1]>

/**
 * Opens the folder of a run that `train` or `npx vigil train` has left.
 *
 * @example
 * ```ts
 * const run = await openRun('runs/NAME')
 * const { team, baselines } = await run.evaluation()
 * ```
 *
 * @throws {VigilError} RUN_FOLDER where it is none, UNKNOWN_KEY, INVALID_VALUE for a config that this version does not take
 */
export async function openRun(path: string): Promise<Run> {
  const { folder, config } = await openFolder(path)
  const evaluation = join(folder.path, 'evaluation.json')
  return {
    path: folder.path,
    config,
    isFinished: existsSync(folder.record) && existsSync(evaluation),
    metrics: async () => await readMetrics(folder.metrics),
    evaluation: async () => await readEvaluation(evaluation),
    decider: async (settings) => await createDecider(await readBundle(folder.path), settings),
  }
}

/**
 * Decides on events in their order; each becomes part of the past of those behind it. The past begins empty: a service that goes
 * on deciding keeps `(await openRun(path)).decider()` instead.
 *
 * @example
 * ```ts
 * const [decision] = await decide('runs/NAME', [{ proto: 'tcp', bytes: 1200 }])
 * ACTION_NAMES[decision.action] // 'allow', 'block', 'quarantine' or 'alert'
 * ```
 *
 * @param path a run folder, or any folder with its `bundle`
 * @throws {VigilError} EVENT_INVALID for an event that cannot be read, UNDECIDABLE for a team that cannot decide on live events
 */
export async function decide(
  path: string,
  events: Iterable<RawEvent>,
  settings?: DeciderSettings,
): Promise<LiveDecision[]> {
  const decider = await createDecider(await readBundle(path), settings)
  return decider.decide(Array.from(events, decider.read))
}
