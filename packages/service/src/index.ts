export { createDecider, type Decider, type LiveDecision, type Reasons } from './decider.ts'
export { SERVICE_ERRORS, serviceError } from './errors.ts'
export type { Bundle } from './live-team.ts'
