import { type NetworkSpec, type ParameterSlice, parameterLayout } from '@vigil/policy-wasm'
import { randomStream, randomUnit } from '@vigil/random'

/** Share of the hidden units that `replay-mismatch` drops. */
export const DROPOUT_RATE = 0.1

/** Which masks are drawn: those of one seed and purpose are counted. */
export type DropoutDraw = {
  /** Share of the hidden units that is dropped, 0 to below 1. */
  readonly rate: number
  readonly seed: number
  readonly purpose: 'dropoutActing' | 'dropoutLearning'
  /** A u32: the policy that acts, or the update. */
  readonly counter: number
}

/**
 * Dropout of hidden units (Srivastava et al. 2014) as factors of the weights that read them: 0 for a unit that is dropped, else
 * 1 / (1 - rate). Each agent and trunk has masks of its own.
 *
 * Differs: one mask holds for all events that the weights are used on, as of Gal and Ghahramani (2016), not for one event.
 *
 * @returns [A, P]; weights times factors are a network without the units
 */
export function dropoutFactors(spec: NetworkSpec, { rate, seed, purpose, counter }: DropoutDraw): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const readers = slices.filter((slice) => readsHiddenUnits(spec, slice))
  const factors = new Float32Array(spec.agentCount * parametersPerAgent).fill(1)
  const source = randomStream(seed, purpose)
  let drawn = 0
  for (let agent = 0; agent < spec.agentCount; agent++) {
    for (const { shape, offset } of readers) {
      const [units, width] = shape
      for (let unit = 0; unit < units; unit++) {
        const from = agent * parametersPerAgent + offset + unit * width
        factors.fill(randomUnit(source, drawn++, counter) < rate ? 0 : 1 / (1 - rate), from, from + width)
      }
    }
  }
  return factors
}

/** Whether a tensor's rows are the units of the hidden layer below it: those of LSTM layers are never dropped. */
function readsHiddenUnits(spec: NetworkSpec, { name }: ParameterSlice): boolean {
  const [, tensor, layer] = name.split('.')
  if (tensor === 'dense') return layer !== '0'
  return spec.lstmHidden.length > 0 ? tensor === 'lstmInput' && layer === '0' : tensor === 'head'
}
