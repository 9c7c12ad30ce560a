import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a run folder cannot be had. */
export const RUN_FOLDER_ERRORS = {
  RUN_FOLDER: ['usage', 'the folder cannot be made, listed or locked, holds something else, or is no run'],
  IN_USE: ['usage', 'another process trains in the folder'],
} as const satisfies ErrorTable

/** A file of a run folder is missing, foreign or inconsistent, or the arrays that its figures are computed from are. */
export const RUN_FILE_ERRORS = {
  RUN_FOLDER_INVALID: ['data', 'the folder lacks what a run must have'],
  RUN_FILE_UNREADABLE: ['data', 'a file of the run cannot be read'],
  RUN_FILE_UNWRITABLE: ['data', 'a file of the run cannot be written'],
  METRICS_INVALID: ['data', 'metrics.jsonl does not hold what it must'],
  RUN_RECORD_INVALID: ['data', 'run.json does not hold what it must'],
  LAST_WEIGHTS_INVALID: ['data', 'last-weights.json does not hold what it must'],
  EVALUATION_INVALID: ['data', 'an evaluation does not hold what it must'],
  TAGS_INVALID: ['data', 'tags.json does not hold what it must'],
  CLASSIFICATION_INVALID: ['data', 'the arrays that a classification is computed from do not fit'],
  BUNDLE_MISSING: ['data', 'the bundle of a run, or a file of it, is missing'],
  BUNDLE_VERSION: ['data', 'a bundle has another version of the format'],
  BUNDLE_INVALID: ['data', 'a file of a bundle was changed, or does not fit the others'],
} as const satisfies ErrorTable

export const runFolderError = errorsOf(RUN_FOLDER_ERRORS)
export const runFileError = errorsOf(RUN_FILE_ERRORS)
