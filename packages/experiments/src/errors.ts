import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why the runs of an experiment cannot be laid side by side. @public docs/errors.md is made of it */
export const EXPERIMENT_ERRORS = {
  EXPERIMENT_FOLDER: ['usage', 'the folder holds something else than an experiment'],
  EXPERIMENT_INVALID: ['data', 'experiment.json does not hold what it must'],
  TRAININGS_DATA: ['data', 'trainings of an experiment have no result, all for data that are bad'],
  TRAININGS_FAILED: ['failure', 'trainings of an experiment have no result'],
} as const satisfies ErrorTable

export const experimentError = errorsOf(EXPERIMENT_ERRORS)
