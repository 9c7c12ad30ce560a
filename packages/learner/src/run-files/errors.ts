/** What can be wrong with a file of a run folder, or with the arrays that its figures are computed from. */
export type RunFileErrorCode =
  | 'RUN_FOLDER_INVALID'
  | 'RUN_FILE_UNREADABLE'
  | 'RUN_FILE_UNWRITABLE'
  | 'METRICS_INVALID'
  | 'RUN_RECORD_INVALID'
  | 'LAST_WEIGHTS_INVALID'
  | 'EVALUATION_INVALID'
  | 'CLASSIFICATION_INVALID'

/** A file of a run folder is missing, foreign or inconsistent. The message says what was expected, found, where, and what to do. */
export class RunFileError extends Error {
  readonly code: RunFileErrorCode

  constructor(code: RunFileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RunFileError'
    this.code = code
  }
}
