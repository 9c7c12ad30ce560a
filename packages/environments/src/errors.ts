import { type ErrorTable, errorsOf } from '@vigil/errors'

export const API_ERRORS = {
  LANES_INVALID: ['usage', 'a number of lanes that cannot be, or a part of the data that is not there'],
  ACTIONS_INVALID: ['usage', 'not one action from 0 to 3 for each lane and agent'],
  SEED_INVALID: ['usage', 'a seed that is no integer from 0 to 2^32 - 1'],
  MONITOR_FAILED: ['failure', 'a specification has no value, so the environment cannot go on'],
  FRAME_INVALID: ['data', 'a request over HTTP that is not what the protocol says'],
  SESSION_UNKNOWN: ['data', 'a session that is not open'],
  SESSIONS_FULL: ['failure', 'no session or no lane is left'],
  PORT_TAKEN: ['failure', 'the address to listen at is not free'],
} as const satisfies ErrorTable

export const apiError = errorsOf(API_ERRORS)
