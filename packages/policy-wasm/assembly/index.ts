export { act, actGreedily, evaluateStates } from './act'
export { learn } from './learn'
export { multiply } from './product'
export { layOutWorkspace } from './workspace'
