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
export { randomStream } from './streams.ts'
