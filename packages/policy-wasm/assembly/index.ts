export { act, actGreedily, evaluateStates } from './act'
export { matmul } from './matmul'
