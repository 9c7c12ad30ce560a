export { act, actGreedily, evaluateStates } from './act'
export { learn } from './learn'
export { useWideBlocks } from './matmul'
export { multiply } from './product'
// The host calls none of the blocks: what is exported is not inlined.
export { multiply8, multiply16, rectify8, rectify16 } from './product-blocks'
export { sum8, sum16 } from './sum-blocks'
export { layOutWorkspace } from './workspace'
