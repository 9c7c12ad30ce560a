/**
 * - `UNKNOWN_FLAG`: a command-line flag that does not exist.
 * - `INVALID_VALUE`: a flag's value of the wrong kind or out of range.
 */
export type UsageErrorCode = 'UNKNOWN_FLAG' | 'INVALID_VALUE'

/** A command line that cannot be followed; the message says what was expected, what was found and what to do. */
export class UsageError extends Error {
  readonly code: UsageErrorCode

  constructor(code: UsageErrorCode, message: string) {
    super(message)
    this.name = 'UsageError'
    this.code = code
  }
}

/** A file that cannot be written; the message names it, the reason and what is there now. */
export class FileError extends Error {
  readonly code = 'FILE_UNWRITABLE'
  /** The system's word for the reason, as ENOSPC; null where the system gave none. */
  readonly systemCode: string | null

  constructor(message: string, systemCode: string | null, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FileError'
    this.systemCode = systemCode
  }
}
