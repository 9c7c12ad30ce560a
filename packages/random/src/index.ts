export { fillGaussian, philox, type RandomStream, randomPermutation, randomUnit, randomWord } from './philox.ts'
export { type RandomPurpose, randomStream } from './streams.ts'
