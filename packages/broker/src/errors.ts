import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What keeps a command from a NATS server. */
export const BROKER_ERRORS = {
  BROKER: ['failure', 'the NATS server cannot be reached, or refuses the connection'],
  BROKER_ADDRESS: ['usage', 'the address of a NATS server, or a file with credentials for it, cannot be used'],
} as const satisfies ErrorTable

export const brokerError = errorsOf(BROKER_ERRORS)
