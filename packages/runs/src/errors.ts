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

/**
 * A run folder cannot be had.
 *
 *   RUN_FOLDER  it cannot be made, listed or locked, holds something else, or is no run
 *   IN_USE      another process trains in it
 */
export class RunFolderError extends Error {
  readonly code: 'RUN_FOLDER' | 'IN_USE'

  constructor(code: 'RUN_FOLDER' | 'IN_USE', message: string) {
    super(message)
    this.name = 'RunFolderError'
    this.code = code
  }
}

/** A file of a run folder is missing, foreign or inconsistent. The message says what was expected, found, where, and what to do. */
export class RunFileError extends Error {
  readonly code: RunFileErrorCode

  constructor(code: RunFileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RunFileError'
    this.code = code
  }
}
