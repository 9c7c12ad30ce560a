import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import type { PpoSettings } from './settings.ts'

/** Places of inputs among the dense ones of the dataset and among the categories. */
export type InputPlaces = { readonly dense: readonly number[]; readonly categorical: readonly number[] }

/**
 * What the agents may not see: neither policies nor critics the `hidden` inputs of events, and the policies not the
 * robustness, the last dense inputs, where `observeConstraints` is `critic`. A hidden input has first-layer weights of zero that
 * never learn, so acting and learning need to know nothing of it.
 *
 * @param hidden null = every agent may read all inputs of events
 * @returns [A, P] 1 = learns, 0 = frozen at zero; null = the agents see all
 */
export function inputMaskOf(
  network: NetworkSpec,
  { observeConstraints, specifications }: Pick<PpoSettings, 'observeConstraints' | 'specifications'>,
  hidden: InputPlaces | null = null,
): Uint8Array | null {
  const hiddenCount = observeConstraints === 'critic' ? specifications.length : 0
  if (hiddenCount === 0 && hidden === null) return null
  const { agentCount, denseSize, vocabularySizes } = network
  const { slices, parametersPerAgent } = parameterLayout(network)
  const mask = new Uint8Array(agentCount * parametersPerAgent).fill(1)
  const hide = (tensor: string, row: number, count: number) => {
    for (const { shape, offset } of slices.filter(({ name }) => name === tensor)) {
      for (let from = offset; from < mask.length; from += parametersPerAgent)
        mask.fill(0, from + row * shape[1], from + (row + count) * shape[1])
    }
  }
  hide('policy.dense.0', denseSize - hiddenCount, hiddenCount)
  const firstRow = (column: number) => vocabularySizes.slice(0, column).reduce((sum, size) => sum + size, 0)
  for (const trunk of ['policy', 'value']) {
    for (const column of hidden?.dense ?? []) hide(`${trunk}.dense.0`, column, 1)
    for (const column of hidden?.categorical ?? [])
      hide(`${trunk}.embedding`, firstRow(column), vocabularySizes[column])
  }
  return mask
}

/**
 * Fresh weights with those of hidden inputs at zero, where they stay.
 *
 * @param mask of the same shape; null = policies see all
 * @returns [A, P], as initialiseParameters gives them but for the mask
 */
export function initialiseMasked(network: NetworkSpec, seed: number, mask: Uint8Array | null): Float32Array {
  const parameters = initialiseParameters(network, seed)
  if (mask !== null) for (let i = 0; i < parameters.length; i++) parameters[i] *= mask[i]
  return parameters
}
