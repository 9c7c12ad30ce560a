export { type Block, type BlockValues, describeBlock, writeBlock } from './block.ts'
