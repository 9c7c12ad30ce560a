export { BROKER_FLAGS, type Broker, brokerOf } from './broker.ts'
export { HOSTS_ERRORS } from './errors.ts'
export { type Sharing, sharePool } from './learner/shared-pool.ts'
export { measureSharing } from './scale/measure-sharing.ts'
