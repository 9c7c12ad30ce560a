import { type NetworkSpec, paddedWidth, parameterLayout, recurrentStateSize } from '@vigil/policy-wasm'

/** One tensor of a trunk. */
type TrunkSlice = { readonly name: string; readonly shape: readonly number[]; readonly length: number }

/** One of the two networks of an agent: where its parameters lie in the agent's block, and what its layers are. */
export type Trunk = {
  /** In the order of the layout: embedding [V, H_1] unless V is 0, input [denseSize + 1, H_1], dense.1, bias.1, ... */
  readonly slices: readonly TrunkSlice[]
  /** First parameter of the trunk in the agent's block. */
  readonly offset: number
  readonly parameterCount: number
  /** Widths of the hidden layers as the spec has them, not padded; at least one. */
  readonly hidden: readonly number[]
  readonly layerNorm: boolean
  /** Of each LSTM layer its width in memory and where h, which c follows, lies in an agent's recurrent state. */
  readonly lstm: readonly { readonly width: number; readonly stateOffset: number }[]
}

/** The trunks of the spec; value is null without a critic. */
export type Trunks = { readonly policy: Trunk; readonly value: Trunk | null }

/** @throws {PolicyError} NETWORK_SPEC */
export function trunksOf(spec: NetworkSpec): Trunks {
  const { slices } = parameterLayout(spec)
  const trunk = (name: string, hidden: readonly number[], stateFrom: number): Trunk => {
    const own = slices.filter((slice) => slice.name.startsWith(`${name}.`))
    let stateOffset = stateFrom
    const lstm = spec.lstmHidden.map(paddedWidth).map((width) => {
      stateOffset += 2 * width
      return { width, stateOffset: stateOffset - 2 * width }
    })
    return {
      slices: mergeInput(own.map((slice) => ({ ...slice, name: slice.name.slice(name.length + 1) }))),
      offset: own[0].offset,
      parameterCount: own.reduce((sum, slice) => sum + slice.length, 0),
      hidden,
      layerNorm: spec.layerNorm,
      lstm,
    }
  }
  return {
    policy: trunk('policy', spec.policyHidden, 0),
    value: spec.valueHidden === null ? null : trunk('value', spec.valueHidden, recurrentStateSize(spec) / 2),
  }
}

/**
 * dense.0 [denseSize, H_1] and bias.0 [H_1], which are neighbours in the layout, as one matrix input
 * [denseSize + 1, H_1]: the bias is the weight of a constant input, so both have one product and one gradient.
 */
function mergeInput(slices: readonly TrunkSlice[]): TrunkSlice[] {
  return slices.flatMap((slice) => {
    if (slice.name === 'dense.0') {
      const [denseSize, width] = slice.shape
      return [{ name: 'input', shape: [denseSize + 1, width], length: (denseSize + 1) * width }]
    }
    return slice.name === 'bias.0' || slice.length === 0 ? [] : [slice]
  })
}
