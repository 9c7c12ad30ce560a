export { RESPONSE_ERRORS } from './errors.ts'
export type { Streams } from './streams.ts'
export {
  CUT_OFF,
  type Policy,
  type ResponseSettings,
  returnOf,
  type StreamView,
  type Walk,
  type WalkStep,
  walk,
} from './walk.ts'
export { type WalkTotals, walkAll } from './walk-all.ts'
