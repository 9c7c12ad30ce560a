export { type BlockValues, describeBlock, writeBlock } from './block.ts'
