export { HOSTS_ERRORS } from './errors.ts'
export { type Sharing, sharePool } from './learner/shared-pool.ts'
export { measureSharing } from './scale/measure-sharing.ts'
export type { Route } from './scale/way.ts'
