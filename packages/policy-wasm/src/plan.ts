import { writeBlock } from '@vigil/blocks'
import { planBlock } from './blocks.ts'
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

/** Rows that a trunk works on at once, and upper bound of the bytes of the block that describes them (assembly/tile.ts). */
const TILE_ROWS = 64
const TILE_BYTES = 64

/** Length of the plan block of a network. */
export function networkPlanBytes(spec: NetworkSpec): number {
  return planBlock(spec.vocabularySizes.length).bytes
}

/**
 * Writes the plan block of a network.
 *
 * @param to.at byte offset of `networkPlanBytes`, a multiple of 4
 */
export function writeNetworkPlan(
  spec: NetworkSpec,
  to: { readonly buffer: ArrayBufferLike; readonly at: number },
): void {
  writeBlock(planBlock(spec.vocabularySizes.length), to, {
    agentCount: spec.agentCount,
    denseSize: spec.denseSize,
    columnCount: spec.vocabularySizes.length,
    parametersPerAgent: parameterLayout(spec).parametersPerAgent,
    vocabularySize: totalVocabulary(spec),
    policyLayers: spec.policyHidden.length,
    valueLayers: spec.valueHidden?.length ?? 0,
    lstmLayers: spec.lstmHidden.length,
    widest: widestLayer(spec),
    widestLstm: widestOf(spec.lstmHidden),
    stateSize: recurrentStateSize(spec),
    normEpsilon: spec.layerNorm ? LAYER_NORM_EPSILON : 0,
    constraintCount: spec.constraintCount,
    policyWidths: spec.policyHidden,
    valueWidths: spec.valueHidden ?? [],
    lstmWidths: spec.lstmHidden,
    columnOffsets: columnOffsets(spec),
  })
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
