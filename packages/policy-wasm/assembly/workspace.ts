/** The buffers that one thread works in while it learns from one slice of a minibatch. */
import { beginBuffers, endOfBuffers, placeBuffer } from './arena'
import {
  ACTION_COUNT,
  GATE_COUNT,
  hiddenCount,
  inputWidth,
  layerCount,
  layerWidth,
  outputCount,
  Plan,
  POLICY_TRUNK,
  VALUE_TRUNK,
} from './plan'
import { placeTile, TILE_ROWS, Tile } from './tile'

/** Lies at the start of the thread's scratch; every field is the address of a buffer behind it. */
@unmanaged
export class Workspace {
  /** i32 [rows], numbers of the tile's events; NO_EVENT where there is nothing to learn from the row */
  events: usize
  /** f32 [rows, denseSize], u16 [rows, C] and u8 [rows], inputs and resets of the tile */
  x: usize
  categories: usize
  resets: usize
  /** Inputs and activations; its buffers behind it. */
  tile: Tile
  /** Lanes for which there is room. */
  laneCapacity: i32
  /** f32 [rows, width] each, gradients of the layer at hand and of the one below */
  gradient: usize
  gradientBelow: usize
  /** f32 [2, lanes, width], see `backwardLstm` */
  carried: usize
  /** f32 [rows, outputs] each */
  outputs: usize
  outputGradient: usize
  /** f32 [outputs, inputs of the head], gradient of the head's weights over the slice, transposed */
  headGradient: usize
  /** Weights through which the gradient flows back, of all layers but the first, and of the head (./backward) */
  transposedWeights: usize
  /** f32 [widest] of zeros */
  zeros: usize
}

/** Lanes of a tile are whole blocks of the products (./matmul). */
export const LANE_BLOCK = 4

/**
 * Lays out a workspace for tiles of TILE_ROWS, or of one block of lanes where segments are longer: writes the addresses,
 * not the buffers.
 *
 * @param at        a multiple of 64, where the workspace begins; 128 bytes are written
 * @param stepCount T; 1 for a feed-forward network
 * @returns the first byte behind its buffers; when that is beyond the memory's end, nothing can be learnt with it
 */
export function layOutWorkspace(plan: Plan, at: usize, stepCount: i32): f64 {
  const lanes = max((TILE_ROWS / stepCount) & -LANE_BLOCK, LANE_BLOCK)
  const rows = <u64>stepCount * lanes
  const activations = (rows * plan.widest) << 2
  const headWidth = max(ACTION_COUNT, outputCount(plan, VALUE_TRUNK))
  const outputs = (rows * headWidth) << 2
  beginBuffers(at)
  const workspace = changetype<Workspace>(placeBuffer(offsetof<Workspace>()))
  // Its addresses lie beside the workspace's own: they are written before anybody knows that the buffers fit.
  workspace.tile = placeTile(plan, stepCount, lanes, 1)
  workspace.events = placeBuffer(rows << 2)
  workspace.x = placeBuffer((rows * plan.denseSize) << 2)
  workspace.categories = placeBuffer((rows * plan.columnCount) << 1)
  workspace.resets = placeBuffer(rows)
  workspace.laneCapacity = lanes
  workspace.gradient = placeBuffer(activations)
  workspace.gradientBelow = placeBuffer(activations)
  workspace.carried = placeBuffer((<u64>(lanes * plan.widestLstm)) << 3)
  workspace.outputs = placeBuffer(outputs)
  workspace.outputGradient = placeBuffer(outputs)
  workspace.headGradient = placeBuffer((<u64>(plan.widest * headWidth)) << 2)
  workspace.transposedWeights = placeBuffer(
    max(allTransposedBytes(plan, POLICY_TRUNK), allTransposedBytes(plan, VALUE_TRUNK)),
  )
  workspace.zeros = placeBuffer((<u64>plan.widest) << 2)
  return <f64>endOfBuffers()
}

/** Bytes of the transposed weights of a layer, 1 to layerCount, the head. */
export function transposedBytes(plan: Plan, trunk: i32, layer: i32): usize {
  const inputs = inputWidth(plan, trunk, layer)
  if (layer == layerCount(plan, trunk)) return (<usize>(inputs * outputCount(plan, trunk))) << 2
  const width = layerWidth(plan, trunk, layer)
  return (<usize>(layer < hiddenCount(plan, trunk) ? inputs * width : (inputs + width) * GATE_COUNT * width)) << 2
}

function allTransposedBytes(plan: Plan, trunk: i32): usize {
  let bytes: usize = 0
  for (let layer = 1; layer <= layerCount(plan, trunk); layer++) bytes += transposedBytes(plan, trunk, layer)
  return bytes
}
