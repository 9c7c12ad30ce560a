import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a team is not exported. */
export const EXPORT_ERRORS = {
  OUT_EXISTS: ['usage', 'the file that is to be written is there already'],
  TEAM_UNEXPORTABLE: ['data', 'the format has no way to hold what the team needs to decide'],
} as const satisfies ErrorTable

export const exportError = errorsOf(EXPORT_ERRORS)
