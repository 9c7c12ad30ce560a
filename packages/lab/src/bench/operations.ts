import { ACTION_COUNT, type NetworkSpec, valueOutputCount } from '@vigil/policy-wasm'

/** Operations of one trunk on one event, forward, by what the backward pass makes of them. */
type TrunkOperations = {
  /** The product with the network's inputs, which have no gradient. */
  readonly dense: number
  /** The additions of embedding rows. */
  readonly embedding: number
  /** All other products. */
  readonly inner: number
}

/**
 * Useful floating-point operations of the whole team acting on one event: two for each weight that an input meets, and
 * one for each addition of an embedding row's unit. Nonlinearities, softmax, padding and the zeros of one-hot inputs do
 * not count.
 */
export function forwardOperations(spec: NetworkSpec): number {
  return sumOverTeam(spec, ({ dense, embedding, inner }) => dense + embedding + inner)
}

/**
 * As `forwardOperations`, for learning from one event: forward pass, gradients of the weights, and gradients of each
 * layer's inputs except the network's.
 */
export function updateOperations(spec: NetworkSpec): number {
  return sumOverTeam(spec, ({ dense, embedding, inner }) => 2 * dense + 2 * embedding + 3 * inner)
}

function sumOverTeam(spec: NetworkSpec, count: (trunk: TrunkOperations) => number): number {
  const policy = count(trunkOperations(spec, spec.policyHidden, ACTION_COUNT))
  const value = spec.valueHidden === null ? 0 : count(trunkOperations(spec, spec.valueHidden, valueOutputCount(spec)))
  return spec.agentCount * (policy + value)
}

function trunkOperations(spec: NetworkSpec, hidden: readonly number[], outputs: number): TrunkOperations {
  let inner = 0
  let inputs = hidden[0]
  for (const width of hidden.slice(1)) {
    inner += 2 * inputs * width
    inputs = width
  }
  for (const width of spec.lstmHidden) {
    inner += 2 * (inputs + width) * 4 * width
    inputs = width
  }
  return {
    dense: 2 * spec.denseSize * hidden[0],
    embedding: spec.vocabularySizes.length * hidden[0],
    inner: inner + 2 * inputs * outputs,
  }
}
