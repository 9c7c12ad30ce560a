/** The buffers that one thread works in while it learns from one slice of a minibatch. */
import { activationBytes, ACTION_COUNT, layerCount, layerWidth, outputCount, Plan, POLICY_TRUNK, TILE_ROWS, VALUE_TRUNK } from './network'

/** Lies at the start of the thread's scratch; every field is the address of a buffer behind it. */
@unmanaged
export class Workspace {
  /** i32 [TILE_ROWS], numbers of the tile's events */
  events: usize
  /** f32 [TILE_ROWS, denseSize] and u16 [TILE_ROWS, C], their inputs */
  x: usize
  categories: usize
  /** f32 [layers][TILE_ROWS, width], one buffer of activationBytes per layer */
  activations: usize
  /** f32 [TILE_ROWS, width] each, gradients of the sums of the layer at hand and of the one below */
  gradient: usize
  gradientBelow: usize
  /** f32 [TILE_ROWS, outputs] each */
  outputs: usize
  outputGradient: usize
  /** f32 [outputs, H_last], gradient of the head's weights over the slice, transposed */
  headGradient: usize
  /** f32 [H_1, H_0], ..., [outputs, H_last] (./backward) */
  transposedWeights: usize
  /** f32 [widest] of zeros */
  zeros: usize
}

/**
 * Lays out a workspace: writes the addresses, not the buffers.
 *
 * @param at a multiple of 64, where the workspace begins
 * @returns the first byte behind its buffers
 */
export function layOutWorkspace(plan: Plan, at: usize): usize {
  const workspace = changetype<Workspace>(at)
  const tile = activationBytes(plan)
  const outputs = (<usize>TILE_ROWS * ACTION_COUNT) << 2
  next = at
  place(offsetof<Workspace>())
  workspace.events = place(<usize>TILE_ROWS << 2)
  workspace.x = place((<usize>TILE_ROWS * plan.denseSize) << 2)
  workspace.categories = place((<usize>TILE_ROWS * plan.columnCount) << 1)
  workspace.activations = place(tile * max(plan.policyLayers, plan.valueLayers))
  workspace.gradient = place(tile)
  workspace.gradientBelow = place(tile)
  workspace.outputs = place(outputs)
  workspace.outputGradient = place(outputs)
  workspace.headGradient = place((<usize>plan.widest * ACTION_COUNT) << 2)
  workspace.transposedWeights = place(max(transposedBytes(plan, POLICY_TRUNK), transposedBytes(plan, VALUE_TRUNK)))
  workspace.zeros = place(<usize>plan.widest << 2)
  return next
}

/** Where `place` goes on. */
let next: usize = 0

/** Buffers begin on cache lines of 64 bytes. */
function place(bytes: usize): usize {
  const at = next
  next += (bytes + 63) & ~63
  return at
}

function transposedBytes(plan: Plan, trunk: i32): usize {
  const layers = layerCount(plan, trunk)
  let count: usize = 0
  for (let layer = 1; layer <= layers; layer++) {
    count += <usize>layerWidth(plan, trunk, layer - 1) * (layer < layers ? layerWidth(plan, trunk, layer) : outputCount(trunk))
  }
  return count << 2
}
