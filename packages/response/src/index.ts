export { clairvoyantReturns } from './bounds/clairvoyant.ts'
export { type LagrangianBound, lagrangianBound } from './bounds/lagrangian.ts'
export { RESPONSE_ERRORS } from './errors.ts'
export { type ExpectedReturns, expectedReturns } from './expected/expected-returns.ts'
export { blockGains } from './expected/payments.ts'
export { type Compared, type Gain, gainInWords, gainOf, pairedInterval } from './gain.ts'
export { type HeldState, heldReturns } from './held-returns.ts'
export type { ChangeModel } from './optimum/change-model.ts'
export { type OptimalPolicy, optimalPolicy } from './optimum/optimal-policy.ts'
export { type BudgetPoint, budgetCurve } from './references/budget-curve.ts'
export { type ContainmentLimit, containmentLimitOf, streamsToShow } from './references/containment-limit.ts'
export { type LeastSurcharge, leastSurcharge, SURCHARGES_MAX } from './references/least-surcharge.ts'
export { BELIEF, type Score } from './references/score.ts'
export { type TunedRule, type TuningSettings, tunedLadder, tunedLadders, tunedRules } from './references/tuned-rules.ts'
export { showState } from './show-state.ts'
export { type SiteStep, type SiteStreams, type SiteWalk, walkSites } from './site/walk-sites.ts'
export type { Streams } from './streams.ts'
export {
  type Policy,
  type ResponseSettings,
  returnOf,
  type SiteView,
  type StreamView,
  type Walk,
  type WalkStep,
  walk,
} from './walk.ts'
export { type WalkTotals, walkAll } from './walk-all.ts'
