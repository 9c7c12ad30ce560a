export { act, actGreedily, evaluateStates } from './act'
export { learn } from './learn'
export { matmul } from './matmul'
export { layOutWorkspace } from './workspace'
