import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a command around a run cannot do its work. @public docs/errors.md is made of it */
export const TOOL_ERRORS = {
  INPUT_FILE: ['usage', 'a file cannot be read'],
  CHECK_FAILED: ['failure', 'a measurement contradicts what it was to confirm'],
  SWEEP_SPACE: ['usage', 'the file of a sweep does not say what to vary'],
  SWEEP_FOLDER: ['usage', 'the folder holds something else than a sweep'],
  SWEEP_DATA: ['data', 'trainings of a sweep have no result, all for data that are bad'],
  SWEEP_TRIALS: ['failure', 'trainings of a sweep have no result'],
  BENCH_FOLDER: ['usage', 'the folder holds something else than a bench'],
  BENCH_DATA: ['data', 'trainings of a bench have no result, all for data that are bad'],
  BENCH_RUNS: ['failure', 'trainings of a bench have no result'],
  PLATFORM: ['usage', 'the command does not know this operating system'],
  PYTHON_MISSING: ['usage', 'Python must be installed first'],
  TENSORFLOW_MISSING: ['usage', 'TensorFlow must be installed first'],
  TENSORFLOW_FILES: ['usage', 'this TensorFlow lacks the files that a program is linked with'],
  NODE_PACKAGE_MISSING: ['usage', 'a package of Node must be installed first'],
  COMPILER_MISSING: ['usage', 'a compiler must be installed first'],
  ADDON: ['failure', 'an add-on cannot be built, or does not run'],
} as const satisfies ErrorTable

export const toolError = errorsOf(TOOL_ERRORS)
