import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why the runs of an experiment cannot be laid side by side. @public docs/errors.md is made of it */
export const EXPERIMENT_ERRORS = {
  EXPERIMENT_FOLDER: ['usage', 'the folder holds something else than an experiment'],
  EXPERIMENT_INVALID: ['data', 'experiment.json does not hold what it must'],
  TRAININGS_FAILED: ['data', 'trainings of an experiment could not be gone on with or read'],
} as const satisfies ErrorTable

export const experimentError = errorsOf(EXPERIMENT_ERRORS)
