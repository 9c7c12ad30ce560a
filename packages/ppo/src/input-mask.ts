import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import type { PpoSettings } from './settings.ts'

/**
 * What the policies may not see though the critics do: robustness, the last dense inputs, where `observeConstraints` is
 * `critic`. A hidden input has first-layer weights of zero that never learn, so acting and learning need to know nothing of it.
 *
 * @returns [A, P] 1 = learns, 0 = frozen at zero; null = policies see all
 */
export function inputMaskOf(
  network: NetworkSpec,
  { observeConstraints, specifications }: Pick<PpoSettings, 'observeConstraints' | 'specifications'>,
): Uint8Array | null {
  const hiddenCount = observeConstraints === 'critic' ? specifications.length : 0
  if (hiddenCount === 0) return null
  const { slices, parametersPerAgent } = parameterLayout(network)
  const { shape, offset } = slices.find(({ name }) => name === 'policy.dense.0')!
  const mask = new Uint8Array(network.agentCount * parametersPerAgent).fill(1)
  for (let agent = 0; agent < network.agentCount; agent++) {
    const from = agent * parametersPerAgent + offset
    mask.fill(0, from + (network.denseSize - hiddenCount) * shape[1], from + network.denseSize * shape[1])
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
