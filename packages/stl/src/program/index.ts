export { assertTime, OP, type OpCode, type Operation } from './program.ts'
export { reachOf } from './reach.ts'
