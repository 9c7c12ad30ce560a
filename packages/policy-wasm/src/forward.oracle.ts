/** Slow oracle of the forward pass, for tests only: one agent, one row, one unit at a time, in float64. */
import {
  columnOffsets,
  LAYER_NORM_EPSILON,
  type NetworkSpec,
  paddedWidth,
  parameterLayout,
  valueOutputCount,
} from './network.ts'

/**
 * One step of one agent.
 *
 * @param options.dense      [denseSize] of the row
 * @param options.categories [C] of the row
 * @param options.state      [H] before the step
 * @returns policy [4], critic [O] (null without one) and the state [H] after the step
 */
export function forwardOracle(options: {
  readonly spec: NetworkSpec
  readonly parameters: Float32Array
  readonly agent: number
  readonly dense: ArrayLike<number>
  readonly categories: ArrayLike<number>
  readonly state: ArrayLike<number>
}) {
  const { spec, parameters, agent } = options
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const tensors = new Map(slices.map((slice) => [slice.name, slice]))
  const at = (name: string, i: number, j: number) => {
    const slice = tensors.get(name)!
    return parameters[agent * parametersPerAgent + slice.offset + i * (slice.shape[1] ?? 1) + j]
  }
  const state = Array.from(options.state)
  let from = 0

  const affine = (x: readonly number[], weights: string, bias: string, width: number, column = 0) =>
    Array.from({ length: width }, (_, j) =>
      x.reduce((sum, xi, i) => sum + xi * at(weights, i, column + j), at(bias, column + j, 0)),
    )
  const hiddenLayer = (trunk: string, layer: number, x: readonly number[], width: number) => {
    let z = affine(x, `${trunk}.dense.${layer}`, `${trunk}.bias.${layer}`, width)
    if (layer === 0) {
      for (const [c, offset] of columnOffsets(spec).entries()) {
        z = z.map((sum, j) => sum + at(`${trunk}.embedding`, offset + options.categories[c], j))
      }
    }
    if (spec.layerNorm) {
      const mean = z.reduce((sum, v) => sum + v, 0) / width
      const variance = z.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width
      z = z.map((v, j) => {
        const normalised = (v - mean) / Math.sqrt(variance + LAYER_NORM_EPSILON)
        return at(`${trunk}.gain.${layer}`, j, 0) * normalised + at(`${trunk}.shift.${layer}`, j, 0)
      })
    }
    return z.map((v) => Math.max(0, v))
  }
  const lstmLayer = (trunk: string, layer: number, x: readonly number[], width: number) => {
    const padded = paddedWidth(width)
    const [hAt, cAt] = [from, from + padded]
    from += 2 * padded
    const h = state.slice(hAt, hAt + width)
    const gate = (index: number) =>
      affine(x, `${trunk}.lstmInput.${layer}`, `${trunk}.lstmBias.${layer}`, width, index * padded).map((sum, j) =>
        h.reduce((total, hi, i) => total + hi * at(`${trunk}.lstmRecurrent.${layer}`, i, index * padded + j), sum),
      )
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
    const [input, forget, output] = [gate(0), gate(1), gate(3)].map((sums) => sums.map(sigmoid))
    const candidate = gate(2).map(Math.tanh)
    return input.map((_, j) => {
      state[cAt + j] = forget[j] * state[cAt + j] + input[j] * candidate[j]
      state[hAt + j] = output[j] * Math.tanh(state[cAt + j])
      return state[hAt + j]
    })
  }
  const trunkOutputs = (trunk: string, hidden: readonly number[], outputs: number) => {
    let x = Array.from(options.dense)
    for (const [layer, width] of hidden.entries()) x = hiddenLayer(trunk, layer, x, width)
    for (const [layer, width] of spec.lstmHidden.entries()) x = lstmLayer(trunk, layer, x, width)
    return affine(x, `${trunk}.head`, `${trunk}.headBias`, outputs)
  }

  const logits = trunkOutputs('policy', spec.policyHidden, 4)
  const largest = Math.max(...logits)
  const mass = logits.map((v) => Math.exp(v - largest))
  const total = mass.reduce((sum, v) => sum + v, 0)
  const outputs = spec.valueHidden === null ? null : trunkOutputs('value', spec.valueHidden, valueOutputCount(spec))
  return { policy: mass.map((v) => v / total), critic: outputs, state }
}
