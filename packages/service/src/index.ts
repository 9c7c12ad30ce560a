export { createDecider, type Decider, type LiveDecision, type Reasons } from './decider.ts'
export { SERVICE_ERRORS, serviceError } from './errors.ts'
export { decideAgain, type Receipt, type Recorded } from './receipt.ts'
