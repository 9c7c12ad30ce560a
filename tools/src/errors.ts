/**
 * - `OUTPUT_FILE`: a file that cannot be written.
 * - `INPUT_FILE`: a file that cannot be read.
 * - `CHECK_FAILED`: a measurement contradicts what it was to confirm.
 */
export type ToolErrorCode = 'OUTPUT_FILE' | 'INPUT_FILE' | 'CHECK_FAILED'

/** A command that cannot do its work; the message says what was expected, what was found and what to do. */
export class ToolError extends Error {
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string) {
    super(message)
    this.name = 'ToolError'
    this.code = code
  }
}
