export {
  fillGaussian,
  fillUniforms,
  philox,
  type RandomStream,
  randomPermutation,
  randomUnit,
  randomWord,
  shuffle,
} from './philox.ts'
export { type RandomPurpose, randomStream } from './streams.ts'
