import { isErrorOf } from '@vigil/errors'
import {
  hasNoRun,
  RUN_FILE_ERRORS,
  readEvaluation,
  readMetrics,
  readRunRecord,
  resultFiles,
  runFolderAt,
} from '@vigil/runs'
import { openRun } from '../run/open-run.ts'
import { assertSameSettings } from '../run/same-settings.ts'
import type { PlacedConfig } from '../run/train-and-score.ts'

/** A training for a process of its own. */
export type PlannedTraining = {
  /** For people. */
  readonly name: string
  /** As the process will resolve it; its run folder is named. */
  readonly config: PlacedConfig
  /** Words of learner:train that begin it, and those that go on with it. */
  readonly words: { readonly begin: readonly string[]; readonly resume: readonly string[] }
  /** File to which its output is appended. */
  readonly log: string
}

/**
 * How far a training has come in its folder: iterations that have their line, and whether it is finished and evaluated.
 *
 * @throws {VigilError} CONFLICT where the folder holds a run with other settings, RUN_FOLDER where it holds something else
 * @throws {VigilError} as readMetrics and readRunRecord for files that were changed
 */
export async function standingOf(
  config: PlacedConfig,
): Promise<{ readonly iterations: number; readonly isTrained: boolean; readonly isEvaluated: boolean }> {
  const folder = runFolderAt(config.out)
  if (await hasNoRun(folder)) return { iterations: 0, isTrained: false, isEvaluated: false }
  assertSameSettings(config, (await openRun(folder.path)).config)
  const metrics = await orNull(readMetrics(folder.metrics), 'RUN_FILE_UNREADABLE')
  const isTrained = (await readRunRecord(folder.record)) !== null
  // An evaluation that cannot be read follows from the weights: it is made again.
  const evaluation = await orNull(
    readEvaluation(resultFiles(folder, 'test').evaluation),
    ...(['RUN_FILE_UNREADABLE', 'EVALUATION_INVALID'] as const),
  )
  return { iterations: metrics?.length ?? 0, isTrained, isEvaluated: isTrained && evaluation !== null }
}

/** What learner:train is told to begin or to go on with a training. @param threads for each of its parts; null = as the words say */
export async function wordsFor({ config, words }: PlannedTraining, threads: number | null): Promise<readonly string[]> {
  const isNew = await hasNoRun(runFolderAt(config.out))
  const own = isNew ? [...words.begin, `--out=${config.out}`] : [...words.resume, `--resume=${config.out}`]
  // Of a flag given twice the last counts.
  return threads === null ? own : [`--actors=${threads}`, `--engine-threads=${Math.min(8, threads)}`, ...own]
}

async function orNull<Value>(value: Promise<Value>, ...codes: (keyof typeof RUN_FILE_ERRORS)[]): Promise<Value | null> {
  return await value.catch((error: unknown) => {
    if (isErrorOf(RUN_FILE_ERRORS, error) && codes.includes(error.code)) return null
    throw error
  })
}
