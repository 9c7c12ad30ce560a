import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can keep the page from being served. */
export const DASHBOARD_ERRORS = {
  NOT_BUILT: ['failure', 'the page has not been built'],
} as const satisfies ErrorTable

/** An error of this package. */
export const dashboardError = errorsOf(DASHBOARD_ERRORS)
