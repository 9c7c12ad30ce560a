export type { Bundle, StreamBelief, TreeBelief } from './bundle/bundle.ts'
export { readBundle } from './bundle/read-bundle.ts'
export { denseBin, type InputReference, referenceOf } from './bundle/reference.ts'
export { writeBundle } from './bundle/write-bundle.ts'
export {
  type ConfusionCounts,
  countActions,
  countConfusion,
  deriveRates,
  prAuc,
  recallByClass,
} from './classification.ts'
export type { Diversity } from './diversity.ts'
export { RUN_FILE_ERRORS, RUN_FOLDER_ERRORS, runFileError, runFolderError } from './errors.ts'
export {
  type Evaluation,
  parseEvaluation,
  readEvaluation,
  type SpecificationScores,
  type ThresholdScores,
  writeEvaluation,
} from './evaluation.ts'
export { lockFile } from './file-lock.ts'
export { foreignEntry } from './foreign-entry.ts'
export { type LastWeights, readLastWeights, writeLastWeights } from './last-weights.ts'
export {
  appendMetrics,
  assertKnownLines,
  asWritten,
  differenceOf,
  type IterationMetrics,
  type KnownLines,
  linesSha256,
  type MetricsDifference,
  NO_LINES,
  readMetrics,
  rewindMetrics,
} from './metrics.ts'
export type { Flagged, OperatingPoint, ScoreCurve } from './operating-point.ts'
export type { PolicyScores } from './policy-scores.ts'
export { readRunFile } from './read-run-file.ts'
export type { ResponseScores, Timeline } from './response.ts'
export {
  assertRunFolderFree,
  assertTrainable,
  bundleFiles,
  clearRunFolder,
  createRunFolder,
  curvesFolder,
  hasNoRun,
  makeFolder,
  openRunFolder,
  type RunFolder,
  removeUnfinishedFiles,
  resultFiles,
  runFolderAt,
} from './run-folder.ts'
export { lockRunFolder } from './run-lock.ts'
export { type RunRecord, readRunRecord, recordOf, weightsSha256, writeRunRecord } from './run-record.ts'
export { count, firstIssue, label, sha256, share, totalActions } from './schema-parts.ts'
export { SCORE_COLUMNS } from './score-columns.ts'
export { readTags, TAG, writeTags } from './tags.ts'
export { COUNTS, type UnderAttack } from './under-attack.ts'
export { assertWritable } from './writable.ts'
