import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'

const QUARANTINE = 2

/**
 * Fresh weights of policies that hardly ever quarantine: with chance 1 / (2 L) an event, so that of three streams of length L
 * about two are seen to their end. Actions that are all equally likely end every stream within a few events, and nothing is
 * learnt of what comes later.
 *
 * @param parameters [A, P] whose biases are 0; changed
 * @param length     L, events of a stream on average
 * @returns the same
 */
export function hesitating(parameters: Float32Array, network: NetworkSpec, length: number): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(network)
  const { offset } = slices.find(({ name }) => name === 'policy.headBias')!
  const chance = Math.min(0.25, 1 / (2 * length))
  for (let agent = 0; agent < network.agentCount; agent++) {
    // Beside three actions of logit 0.
    parameters[agent * parametersPerAgent + offset + QUARANTINE] = Math.log((3 * chance) / (1 - chance))
  }
  return parameters
}
