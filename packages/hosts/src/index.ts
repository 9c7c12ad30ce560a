export { BROKER_FLAGS, brokerOf } from './broker.ts'
export { HOSTS_ERRORS } from './errors.ts'
export { type Sharing, sharePool } from './learner/shared-pool.ts'
