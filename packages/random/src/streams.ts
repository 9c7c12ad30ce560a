import type { RandomStream } from './philox.ts'

/**
 * Every purpose that draws random numbers, with its own Philox key word. The numbers are part of the file format:
 * changing one changes every run. `environment` and `action` are used inside WebAssembly under the same numbers.
 * 5 and 6 belonged to purposes that are gone: they are not given away again.
 */
const PURPOSES = {
  environment: 1,
  action: 2,
  initialisation: 3,
  minibatch: 4,
  baseline: 7,
  split: 8,
  generatedStream: 9,
  generatedEvent: 10,
  agreementScenario: 11,
  attack: 12,
  dropoutActing: 13,
  dropoutLearning: 14,
  diagnosis: 15,
  inspection: 16,
  bootstrap: 17,
  warmStart: 18,
  audit: 19,
  hiddenMarkov: 20,
  sweep: 21,
} as const

/** What a random number is for. */
export type RandomPurpose = keyof typeof PURPOSES

/** The stream of one purpose under one run seed (u32). */
export function randomStream(seed: number, purpose: RandomPurpose): RandomStream {
  return { seed, stream: PURPOSES[purpose] }
}
