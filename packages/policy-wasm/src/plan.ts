import {
  ACTION_COUNT,
  columnOffsets,
  LAYER_NORM_EPSILON,
  type NetworkSpec,
  paddedWidth,
  parameterLayout,
  recurrentStateSize,
  totalVocabulary,
  valueHeadWidth,
} from './network.ts'

const NORM_EPSILON_AT = 11
const POLICY_WIDTHS_AT = 15
const VALUE_WIDTHS_AT = 23
const LSTM_WIDTHS_AT = 31
const COLUMN_OFFSETS_AT = 39

/** Rows that a trunk works on at once, and upper bound of the bytes of the block that describes them (assembly/tile.ts). */
const TILE_ROWS = 64
const TILE_BYTES = 64

/** Length in i32 words of the plan block of a network. */
export function planWords(spec: NetworkSpec): number {
  return COLUMN_OFFSETS_AT + spec.vocabularySizes.length
}

/**
 * Writes the plan block that the WebAssembly module reads; the fields are those of assembly/plan.ts.
 *
 * @param out [planWords(spec)] i32, overwritten
 */
export function writePlan(spec: NetworkSpec, out: Int32Array): void {
  out.fill(0)
  out[0] = spec.agentCount
  out[1] = spec.denseSize
  out[2] = spec.vocabularySizes.length
  out[3] = parameterLayout(spec).parametersPerAgent
  out[4] = totalVocabulary(spec)
  out[5] = spec.policyHidden.length
  out[6] = spec.valueHidden?.length ?? 0
  out[7] = spec.lstmHidden.length
  out[8] = widestLayer(spec)
  out[9] = widestOf(spec.lstmHidden)
  out[10] = recurrentStateSize(spec)
  new Float32Array(out.buffer, out.byteOffset, out.length)[NORM_EPSILON_AT] = spec.layerNorm ? LAYER_NORM_EPSILON : 0
  out[12] = spec.constraintCount
  out[13] = Math.round(256 * (spec.dropout?.rate ?? 0))
  out[14] = spec.dropout?.seed ?? 0
  out.set(spec.policyHidden, POLICY_WIDTHS_AT)
  out.set(spec.valueHidden ?? [], VALUE_WIDTHS_AT)
  out.set(spec.lstmHidden, LSTM_WIDTHS_AT)
  out.set(columnOffsets(spec), COLUMN_OFFSETS_AT)
}

/** Bytes of scratch that one forward pass needs: the heads' outputs of a tile, and what its layers leave behind. */
export function scratchBytes(spec: NetworkSpec): number {
  const widest = widestLayer(spec)
  const layers = Math.max(spec.policyHidden.length, spec.valueHidden?.length ?? 0) + spec.lstmHidden.length
  const head = Math.max(ACTION_COUNT, valueHeadWidth(spec))
  const floatsPerRow = [head, layers * widest, spec.layerNorm ? widest + 4 : 0, 9 * widestOf(spec.lstmHidden)]
  // The first buffer begins on the next cache line, and so do those behind it.
  const bytes = floatsPerRow.map((floats) => 4 * TILE_ROWS * floats)
  return bytes.reduce((sum, own) => sum + own, 64 + TILE_BYTES)
}

function widestLayer(spec: NetworkSpec): number {
  return widestOf([...spec.policyHidden, ...(spec.valueHidden ?? []), ...spec.lstmHidden])
}

/** In memory; 0 of no layers. */
function widestOf(widths: readonly number[]): number {
  return paddedWidth(Math.max(0, ...widths))
}
