import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What keeps hosts from collecting together. */
export const HOSTS_ERRORS = {
  MESSAGE: ['data', 'a message between hosts is not what the protocol says'],
  REFUSED: ['failure', 'the learner does not take this host, or no longer'],
  UNSOUND_DATASET: ['data', 'a dataset that arrived is larger than this host takes, or leads outside itself'],
  NOT_SHARED: ['usage', 'the run has nothing to collect that other hosts could do'],
  EXCHANGE: ['failure', 'the thread that speaks with the hosts has ended'],
} as const satisfies ErrorTable

export const hostsError = errorsOf(HOSTS_ERRORS)
