/**
 * - `MISSING`: there is no such file.
 * - `UNREADABLE`: it may be there, but the system does not give its bytes.
 * - `DAMAGED`: it is not a whole checkpoint.
 * - `FOREIGN`: it belongs to another run.
 */
export type CheckpointErrorCode = 'MISSING' | 'UNREADABLE' | 'DAMAGED' | 'FOREIGN'

/** A checkpoint that cannot be used; the message names the file, the reason and what to do. */
export class CheckpointError extends Error {
  readonly code: CheckpointErrorCode

  constructor(code: CheckpointErrorCode, message: string) {
    super(message)
    this.name = 'CheckpointError'
    this.code = code
  }
}
