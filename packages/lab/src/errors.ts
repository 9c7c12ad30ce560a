import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why an experiment cannot be done. @public docs/errors.md is made of it */
export const LAB_ERRORS = {
  PRESET: ['usage', 'a preset that does not exist'],
  NOT_MEASURED: ['failure', 'no case of a benchmark could be measured'],
  PEER: ['failure', 'the peer of a benchmark ended, or did not answer as it must'],
  ABLATION_FILE: ['data', 'the file does not hold the figures of an ablation'],
  BROKEN_RUNS: ['data', 'trainings of an ablation could not be gone on with or read'],
} as const satisfies ErrorTable

export const labError = errorsOf(LAB_ERRORS)
