import { columnOffsets, type NetworkSpec, paddedWidth, parameterLayout, totalVocabulary } from './network.ts'

const POLICY_WIDTHS_AT = 8
const VALUE_WIDTHS_AT = 16
const COLUMN_OFFSETS_AT = 24

/** Rows that a trunk works on at once (assembly/network.ts). */
const TILE_ROWS = 64

/** Length in i32 words of the plan block of a network. */
export function planWords(spec: NetworkSpec): number {
  return COLUMN_OFFSETS_AT + spec.vocabularySizes.length
}

/**
 * Writes the plan block that the WebAssembly module reads; the fields are those of assembly/network.ts.
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
  out[5] = widestLayer(spec)
  out[6] = spec.policyHidden.length
  out[7] = spec.valueHidden?.length ?? 0
  out.set(spec.policyHidden.map(paddedWidth), POLICY_WIDTHS_AT)
  out.set((spec.valueHidden ?? []).map(paddedWidth), VALUE_WIDTHS_AT)
  out.set(columnOffsets(spec), COLUMN_OFFSETS_AT)
}

/** Bytes of scratch that one forward pass needs: two tiles of the widest layer and one of logits. */
export function scratchBytes(spec: NetworkSpec): number {
  return TILE_ROWS * (2 * widestLayer(spec) + 4) * Float32Array.BYTES_PER_ELEMENT
}

function widestLayer(spec: NetworkSpec): number {
  return paddedWidth(Math.max(...spec.policyHidden, ...(spec.valueHidden ?? [])))
}
