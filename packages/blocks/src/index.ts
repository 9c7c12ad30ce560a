export { type Block, type BlockValues, describeBlock, writeBlock } from './block.ts'
export { startThreadPool } from './thread-pool.ts'
