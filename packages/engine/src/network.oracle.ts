/** Slow oracle of the network, for tests only: one unit at a time, in float64, every row and step in order. */
import {
  LAYER_NORM_EPSILON,
  type NetworkSpec,
  paddedWidth,
  parameterLayout,
  recurrentStateSize,
} from '@vigil/policy-wasm'
import type { Minibatch } from './engine.ts'

/** One agent's network and the rows that it runs on. */
export type AgentRows = {
  readonly spec: NetworkSpec
  /** [P] parameters of the agent */
  readonly block: Float64Array
  /** Which of the agents, for its recurrent state. */
  readonly agent: number
  readonly rows: Pick<Minibatch, 'size' | 'dense' | 'categorical' | 'recurrence'>
}

type Trunk = AgentRows & {
  readonly trunk: 'policy' | 'value'
  readonly tensor: (name: string) => Float64Array
}

/** Outputs of one trunk in every row, B arrays [outputs]. */
export function outputsOracle(options: AgentRows, trunk: 'policy' | 'value'): Float64Array[] {
  const { spec, block, rows } = options
  const { slices } = parameterLayout(spec)
  const offsets = new Map(slices.map((slice) => [slice.name, slice]))
  const tensor = (name: string) => {
    const { offset, length } = offsets.get(`${trunk}.${name}`)!
    return block.subarray(offset, offset + length)
  }
  const own: Trunk = { ...options, trunk, tensor }
  let hidden = Array.from({ length: rows.size }, (_, row) => hiddenOracle(own, row))
  for (let layer = 0; layer < spec.lstmHidden.length; layer++) hidden = lstmOracle(own, layer, hidden)
  return hidden.map((inputs) => denseOracle(inputs, tensor('head'), tensor('headBias')))
}

/** Output of the last hidden layer in one row. */
function hiddenOracle(options: Trunk, row: number): Float64Array {
  const { spec, rows, trunk, tensor } = options
  const widths = (trunk === 'policy' ? spec.policyHidden : spec.valueHidden)!
  let inputs = Float64Array.from(rows.dense.subarray(row * spec.denseSize, (row + 1) * spec.denseSize))
  for (const [layer, width] of widths.entries()) {
    let sums = denseOracle(inputs, tensor(`dense.${layer}`), tensor(`bias.${layer}`))
    if (layer === 0) addEmbeddings({ spec, rows, table: tensor('embedding') }, row, sums)
    if (spec.layerNorm) {
      const gain = tensor(`gain.${layer}`)
      const shift = tensor(`shift.${layer}`)
      sums = normOracle(sums, width).map((value, unit) => gain[unit] * value + shift[unit])
    }
    inputs = sums.map((sum) => Math.max(sum, 0))
  }
  return inputs
}

function addEmbeddings(
  options: Pick<AgentRows, 'spec' | 'rows'> & { table: Float64Array },
  row: number,
  sums: Float64Array,
) {
  const { vocabularySizes } = options.spec
  let offset = 0
  for (const [column, size] of vocabularySizes.entries()) {
    const entry = offset + options.rows.categorical[row * vocabularySizes.length + column]
    for (let unit = 0; unit < sums.length; unit++) sums[unit] += options.table[entry * sums.length + unit]
    offset += size
  }
}

/** Mean 0 and variance 1 over the first `width` units; the padded units are whatever comes of them. */
function normOracle(values: Float64Array, width: number): Float64Array {
  const mean = values.slice(0, width).reduce((sum, value) => sum + value, 0) / width
  const variance = values.slice(0, width).reduce((sum, value) => sum + (value - mean) ** 2, 0) / width
  return values.map((value) => (value - mean) / Math.sqrt(variance + LAYER_NORM_EPSILON))
}

/** Output of an LSTM layer in every row, given the rows of the layer below; row = t * L + lane. */
function lstmOracle({ spec, agent, rows, trunk, tensor }: Trunk, layer: number, below: Float64Array[]): Float64Array[] {
  const { stepCount, laneCount, resets, recurrentState } = rows.recurrence!
  const width = paddedWidth(spec.lstmHidden[layer])
  const stateSize = recurrentStateSize(spec)
  const before = spec.lstmHidden.slice(0, layer).reduce((sum, other) => sum + 2 * paddedWidth(other), 0)
  const offset = (trunk === 'value' ? stateSize / 2 : 0) + before
  const [input, recurrent, bias] = ['lstmInput', 'lstmRecurrent', 'lstmBias'].map((name) => tensor(`${name}.${layer}`))
  const outputs: Float64Array[] = []
  for (let lane = 0; lane < laneCount; lane++) {
    const from = (agent * laneCount + lane) * stateSize + offset
    let h = Float64Array.from(recurrentState.subarray(from, from + width))
    let c = Float64Array.from(recurrentState.subarray(from + width, from + 2 * width))
    for (let step = 0; step < stepCount; step++) {
      const row = step * laneCount + lane
      if (resets[row] === 1) {
        h = h.map(() => 0)
        c = c.map(() => 0)
      }
      const own = denseOracle(h, recurrent, new Float64Array(4 * width))
      const z = denseOracle(below[row], input, bias).map((sum, gate) => sum + own[gate])
      c = c.map((value, unit) => sigmoid(z[width + unit]) * value + sigmoid(z[unit]) * Math.tanh(z[2 * width + unit]))
      h = c.map((value, unit) => sigmoid(z[3 * width + unit]) * Math.tanh(value))
      outputs[row] = h
    }
  }
  return outputs
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** x W + b for one row x. */
function denseOracle(inputs: Float64Array, weights: Float64Array, bias: Float64Array): Float64Array {
  const sums = bias.slice()
  for (let index = 0, at = 0; index < inputs.length; index++) {
    for (let unit = 0; unit < sums.length; unit++, at++) sums[unit] += inputs[index] * weights[at]
  }
  return sums
}
