import {
  type Evaluation,
  type IterationMetrics,
  readEvaluation,
  readMetrics,
  readRunRecord,
  resultFiles,
  runFileError,
  runFolderAt,
} from '@vigil/runs'
import type { SeedRun } from './experiment.ts'
import { measuresOf, rivalsOf } from './measures.ts'

/** A run that is trained and evaluated. */
export type TrainedRun = {
  readonly result: Omit<SeedRun, 'seed' | 'folder'>
  readonly metrics: readonly IterationMetrics[]
  readonly evaluation: Evaluation
}

/**
 * Reads what a run came to on the test split.
 *
 * @param path of its folder
 * @throws {VigilError} RUN_FILE_UNREADABLE where it is not trained or not evaluated, and as readEvaluation and readMetrics
 */
export async function readTrainedRun(path: string): Promise<TrainedRun> {
  const folder = runFolderAt(path)
  const record = await readRunRecord(folder.record)
  if (record === null) {
    throw runFileError('RUN_FILE_UNREADABLE', `${folder.record} is not there: the training has no end. Go on with it.`)
  }
  const evaluation = await readEvaluation(resultFiles(folder, 'test').evaluation)
  const metrics = await readMetrics(folder.metrics)
  const milliseconds = metrics.reduce((sum, { collectMs, updateMs }) => sum + collectMs + updateMs, 0)
  const result = {
    weightsSha256: record.weightsSha256,
    learningSeconds: milliseconds / 1000,
    measures: measuresOf(evaluation),
    rivals: rivalsOf(evaluation),
  }
  return { result, metrics, evaluation }
}
