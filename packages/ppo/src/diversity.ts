import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { randomPermutation, randomStream, randomUnit } from '@vigil/random'
import type { PpoSettings } from './settings.ts'

/**
 * Bags (Breiman 1996): which agent learns from which row.
 *
 * @param fraction share of the rows in each agent's bag; 1 = no bags
 * @returns [N] u64 words as a function from the rows of a batch [n] to weights [n, A] of 0 and 1, or null without bags
 */
export function bagWeights(options: {
  readonly seed: number
  readonly fraction: number
  readonly agentCount: number
  readonly rowCount: number
}): (rows: Uint32Array) => Float32Array | null {
  const { fraction, agentCount: A, rowCount } = options
  if (fraction === 1) return () => null
  const stream = randomStream(options.seed, 'bag')
  const member = new Uint8Array(rowCount * A)
  for (let agent = 0; agent < A; agent++) {
    for (let row = 0; row < rowCount; row++) member[row * A + agent] = randomUnit(stream, row, agent) < fraction ? 1 : 0
  }
  return (rows) =>
    Float32Array.from({ length: rows.length * A }, (_, i) => member[rows[Math.floor(i / A)] * A + (i % A)])
}

/**
 * Feature views (the random subspaces of Ho 1998): each agent sees its own share of the inputs. A hidden input has
 * first-layer weights of zero that never learn, so acting and learning need to know nothing of it. What only critics are to
 * see is hidden from every policy in the same way.
 *
 * @param fraction        share of the inputs that each agent sees; 1 = all see all
 * @param criticOnlyCount dense inputs, the last ones, that no policy sees; views leave them alone
 * @returns [A, P] 1 = learns, 0 = frozen at zero; or null when all see all
 */
export function viewMask(
  spec: NetworkSpec,
  options: { readonly seed: number; readonly fraction: number; readonly criticOnlyCount: number },
): Uint8Array | null {
  const { fraction, criticOnlyCount } = options
  if (fraction === 1 && criticOnlyCount === 0) return null
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const mask = new Uint8Array(spec.agentCount * parametersPerAgent).fill(1)
  const hide = (agent: number, input: number, trunk: string) => {
    for (const slice of slices) {
      const rows = slice.name.startsWith(trunk) ? rowsOfInput(spec, slice.name, input) : null
      if (rows === null) continue
      const at = agent * parametersPerAgent + slice.offset
      mask.fill(0, at + rows.first * slice.shape[1], at + rows.end * slice.shape[1])
    }
  }
  const sharedDense = spec.denseSize - criticOnlyCount
  const inputs = sharedDense + spec.vocabularySizes.length
  const hiddenCount = inputs - Math.max(1, Math.round(fraction * inputs))
  for (let agent = 0; agent < spec.agentCount; agent++) {
    const order = randomPermutation(randomStream(options.seed, 'view'), inputs, agent)
    for (const drawn of order.subarray(0, hiddenCount)) {
      hide(agent, drawn < sharedDense ? drawn : drawn + criticOnlyCount, '')
    }
    for (let input = sharedDense; input < spec.denseSize; input++) hide(agent, input, 'policy.')
  }
  return mask
}

/** What the agents of a run may not see, whoever trains them. @see viewMask */
export function viewMaskOf(
  network: NetworkSpec,
  config: Pick<PpoSettings, 'seed' | 'viewFraction' | 'observeConstraints' | 'specifications'>,
): Uint8Array | null {
  const { seed, viewFraction: fraction, observeConstraints, specifications } = config
  return viewMask(network, {
    seed,
    fraction,
    criticOnlyCount: observeConstraints === 'critic' ? specifications.length : 0,
  })
}

/**
 * Fresh weights with those of hidden inputs at zero, where they stay.
 *
 * @param mask of the same shape; null = all see all
 * @returns [A, P], as initialiseParameters gives them but for the mask
 */
export function initialiseMasked(network: NetworkSpec, seed: number, mask: Uint8Array | null): Float32Array {
  const parameters = initialiseParameters(network, seed)
  if (mask !== null) for (let i = 0; i < parameters.length; i++) parameters[i] *= mask[i]
  return parameters
}

/** The rows of a first-layer matrix that one input multiplies: dense inputs come first, then columns. */
function rowsOfInput(spec: NetworkSpec, slice: string, input: number): { first: number; end: number } | null {
  const isDense = input < spec.denseSize
  if (isDense && slice.endsWith('.dense.0')) return { first: input, end: input + 1 }
  if (isDense || !slice.endsWith('.embedding')) return null
  const column = input - spec.denseSize
  const first = spec.vocabularySizes.slice(0, column).reduce((sum, size) => sum + size, 0)
  return { first, end: first + spec.vocabularySizes[column] }
}
