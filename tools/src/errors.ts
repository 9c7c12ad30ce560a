/**
 * - `OUTPUT_FILE`: a file that cannot be written.
 * - `INPUT_FILE`: a file that cannot be read.
 * - `NOT_MEASURED`: a benchmark in which no case could be measured.
 * - `CHECK_FAILED`: a measurement contradicts what it was to confirm.
 * - `PLATFORM`: an operating system that the command does not know.
 * - `PYTHON_MISSING`, `TENSORFLOW_MISSING`, `NODE_PACKAGE_MISSING`, `COMPILER_MISSING`: something to be installed first.
 * - `TENSORFLOW_FILES`: a TensorFlow without the files that a program can be linked with.
 * - `ABLATION_FILE`: a file that does not hold the figures of an ablation.
 * - `BROKEN_RUNS`: trainings of an ablation that could not be gone on with or read.
 * - `ADDON`: an add-on that cannot be built, or does not run.
 */
export type ToolErrorCode =
  | 'OUTPUT_FILE'
  | 'INPUT_FILE'
  | 'NOT_MEASURED'
  | 'CHECK_FAILED'
  | 'PLATFORM'
  | 'PYTHON_MISSING'
  | 'TENSORFLOW_MISSING'
  | 'TENSORFLOW_FILES'
  | 'NODE_PACKAGE_MISSING'
  | 'COMPILER_MISSING'
  | 'ADDON'
  | 'ABLATION_FILE'
  | 'BROKEN_RUNS'

/** A command that cannot do its work; the message says what was expected, what was found and what to do. */
export class ToolError extends Error {
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string) {
    super(message)
    this.name = 'ToolError'
    this.code = code
  }
}
