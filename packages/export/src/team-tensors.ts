import {
  ACTION_COUNT,
  type NetworkSpec,
  type ParameterSlice,
  parameterLayout,
  valueOutputCount,
} from '@vigil/policy-wasm'
import type { Bundle } from '@vigil/runs'

/** One tensor of all agents, without the units that only fill up memory. */
export type TeamTensor = {
  /** As in `parameterLayout`: trunk, kind and layer. */
  readonly name: string
  /** [A, rows, columns], or [A, columns] */
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Rows, columns and blocks of columns (the gates of an LSTM layer) of one agent's tensor; a vector has no rows. */
type Extent = { readonly rows: number | null; readonly columns: number; readonly blocks: number }

/**
 * The weights of a team tensor by tensor, in the order of `parameterLayout`.
 *
 * @example
 * ```ts
 * const { network, parameters } = await readBundle('runs/NAME')
 * teamTensors({ network, parameters })[1] // { name: 'policy.dense.0', shape: [4, 12, 64], values }
 * ```
 */
export function teamTensors({ network, parameters }: Pick<Bundle, 'network' | 'parameters'>): TeamTensor[] {
  const { slices, parametersPerAgent } = parameterLayout(network)
  return slices.map((slice) => {
    const extent = extentOf(network, slice.name)
    const { rows, columns } = extent
    const shape = rows === null ? [network.agentCount, columns] : [network.agentCount, rows, columns]
    const size = (rows ?? 1) * columns
    const values = new Float32Array(network.agentCount * size)
    for (let agent = 0; agent < network.agentCount; agent++) {
      const from = agent * parametersPerAgent + slice.offset
      copyPlain(parameters.subarray(from, from + slice.length), slice, extent, values.subarray(agent * size))
    }
    return { name: slice.name, shape, values }
  })
}

function copyPlain(padded: Float32Array, slice: ParameterSlice, extent: Extent, out: Float32Array): void {
  const { rows, columns, blocks } = extent
  const stride = slice.shape[slice.shape.length - 1]
  const width = columns / blocks
  for (let row = 0; row < (rows ?? 1); row++) {
    for (let block = 0; block < blocks; block++) {
      const from = row * stride + (block * stride) / blocks
      out.set(padded.subarray(from, from + width), row * columns + block * width)
    }
  }
}

function extentOf(network: NetworkSpec, name: string): Extent {
  const [trunk, kind, layerText] = name.split('.')
  const layer = Number(layerText)
  const hidden = trunk === 'policy' ? network.policyHidden : (network.valueHidden as readonly number[])
  const { lstmHidden } = network
  const outputs = trunk === 'policy' ? ACTION_COUNT : valueOutputCount(network)
  const last = (widths: readonly number[]) => widths[widths.length - 1]
  const matrix = (rows: number, columns: number, blocks = 1): Extent => ({ rows, columns, blocks })
  const vector = (columns: number, blocks = 1): Extent => ({ rows: null, columns, blocks })
  switch (kind) {
    case 'embedding':
      return matrix(sum(network.vocabularySizes), hidden[0])
    case 'dense':
      return matrix(layer === 0 ? network.denseSize : hidden[layer - 1], hidden[layer])
    case 'lstmInput':
      return matrix(layer === 0 ? last(hidden) : lstmHidden[layer - 1], 4 * lstmHidden[layer], 4)
    case 'lstmRecurrent':
      return matrix(lstmHidden[layer], 4 * lstmHidden[layer], 4)
    case 'lstmBias':
      return vector(4 * lstmHidden[layer], 4)
    case 'head':
      return matrix(lstmHidden.length > 0 ? last(lstmHidden) : last(hidden), outputs)
    case 'headBias':
      return vector(outputs)
    default:
      return vector(hidden[layer])
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
