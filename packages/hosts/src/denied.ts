import { brokerError } from '@vigil/broker'

/** What a server says that keeps a learner or a host from hearing or saying what it must, as an error with a remedy. */
export function deniedError(who: 'learner' | 'host', cause: Error) {
  return brokerError(
    'BROKER',
    `The NATS server does not let this ${who} work: ${cause.message}. Give its credentials the permissions that docs/hosts.md lists.`,
    { cause },
  )
}
