/**
 * The trunks and heads of one agent, over the plan block that describes the network's shape.
 */
import { matmul, multiplyColumn } from './matmul'

/** The plan block, written by the host (../src/plan.ts) in this order, one 32-bit word per field. */
@unmanaged
export class Plan {
  agentCount: i32
  /** D + K */
  denseSize: i32
  /** C */
  columnCount: i32
  /** P */
  parametersPerAgent: i32
  /** V, sum of the vocabularies */
  vocabularySize: i32
  /** widest layer of both trunks */
  widest: i32
  policyLayers: i32
  /** 0 = no critic */
  valueLayers: i32
}

/** Behind the fields: i32 policy widths [8], value widths [8], first embedding row of each column [C]. */
const POLICY_WIDTHS: i32 = 8
const VALUE_WIDTHS: i32 = 16
const COLUMN_OFFSETS: i32 = 24

export const ACTION_COUNT = 4

/** Numbers of the two trunks of an agent. */
export const POLICY_TRUNK = 0
export const VALUE_TRUNK = 1

/** Rows that pass through a trunk together, so that their activations stay in the cache. */
export const TILE_ROWS = 64

// @ts-ignore: decorator
@inline
function word(plan: Plan, index: i32): i32 {
  return load<i32>(changetype<usize>(plan) + (<usize>index << 2))
}

/** Hidden layers of a trunk. */
// @ts-ignore: decorator
@inline
export function layerCount(plan: Plan, trunk: i32): i32 {
  return trunk == POLICY_TRUNK ? plan.policyLayers : plan.valueLayers
}

/** Width of a hidden layer. */
// @ts-ignore: decorator
@inline
export function layerWidth(plan: Plan, trunk: i32, layer: i32): i32 {
  return word(plan, (trunk == POLICY_TRUNK ? POLICY_WIDTHS : VALUE_WIDTHS) + layer)
}

/** Outputs of a trunk's head. */
// @ts-ignore: decorator
@inline
export function outputCount(trunk: i32): i32 {
  return trunk == POLICY_TRUNK ? ACTION_COUNT : 1
}

/** Row of the embedding that belongs to a category of a column. */
// @ts-ignore: decorator
@inline
export function embeddingRow(plan: Plan, column: i32, category: i32): i32 {
  return word(plan, COLUMN_OFFSETS + column) + category
}

/**
 * Bytes from a trunk's first tensor, its embedding, to the weights of a layer; of layer `layerCount`, the head. The
 * bias follows its weights.
 */
export function weightsOffset(plan: Plan, trunk: i32, layer: i32): usize {
  let count = plan.vocabularySize * layerWidth(plan, trunk, 0)
  let inputs = plan.denseSize
  for (let below = 0; below < layer; below++) {
    const width = layerWidth(plan, trunk, below)
    count += inputs * width + width
    inputs = width
  }
  return <usize>count << 2
}

/** Bytes of all tensors of a trunk. */
export function trunkBytes(plan: Plan, trunk: i32): usize {
  const layers = layerCount(plan, trunk)
  const outputs = outputCount(trunk)
  return weightsOffset(plan, trunk, layers) + ((<usize>(layerWidth(plan, trunk, layers - 1) + 1) * outputs) << 2)
}

/** Bytes from an agent's first parameter to the trunk's: the value tensors follow the policy tensors. */
export function trunkOffset(plan: Plan, trunk: i32): usize {
  return trunk == POLICY_TRUNK ? 0 : trunkBytes(plan, POLICY_TRUNK)
}

/** Bytes of one layer's activations for a tile. */
// @ts-ignore: decorator
@inline
export function activationBytes(plan: Plan): usize {
  return (<usize>TILE_ROWS * <usize>plan.widest) << 2
}

/** Policy logits of one agent for up to TILE_ROWS rows: out [rows, 4]. */
export function policyLogits(plan: Plan, agent: usize, x: usize, categories: usize, rows: i32, scratch: usize, out: usize): void {
  forwardTrunk(plan, POLICY_TRUNK, agent, x, categories, rows, scratch, 2, out, <usize>ACTION_COUNT << 2)
}

/** Values of one agent for up to TILE_ROWS rows, written at out + row * outStride. */
export function stateValues(plan: Plan, agent: usize, x: usize, categories: usize, rows: i32, scratch: usize, out: usize, outStride: usize): void {
  forwardTrunk(plan, VALUE_TRUNK, agent + trunkOffset(plan, VALUE_TRUNK), x, categories, rows, scratch, 2, out, outStride)
}

/**
 * One trunk and its head for up to TILE_ROWS rows.
 *
 * @param parameters  first tensor of the trunk (its embedding)
 * @param activations bufferCount * activationBytes; layer l leaves its activations [rows, width] in buffer
 *                    l % bufferCount, so two buffers are enough to act, and one per layer to learn
 * @param out         [rows, outputs], overwritten
 * @param outStride   bytes between rows of `out`; of the policy always 16
 */
export function forwardTrunk(
  plan: Plan,
  trunk: i32,
  parameters: usize,
  x: usize,
  categories: usize,
  rows: i32,
  activations: usize,
  bufferCount: i32,
  out: usize,
  outStride: usize,
): void {
  const layers = layerCount(plan, trunk)
  let inputs = plan.denseSize
  let width = layerWidth(plan, trunk, 0)
  let weights = parameters + weightsOffset(plan, trunk, 0)
  let bias = weights + ((<usize>inputs * <usize>width) << 2)
  let hidden = activations
  embeddingSum(plan, parameters, bias, categories, rows, width, hidden)
  matmul(x, weights, hidden, <usize>width << 2, hidden, rows, inputs, width, 1)
  for (let layer = 1; layer < layers; layer++) {
    const below = hidden
    hidden = activations + <usize>(layer % bufferCount) * activationBytes(plan)
    inputs = width
    width = layerWidth(plan, trunk, layer)
    weights = bias + (<usize>inputs << 2)
    bias = weights + ((<usize>inputs * <usize>width) << 2)
    matmul(below, weights, bias, 0, hidden, rows, inputs, width, 1)
  }
  const head = bias + (<usize>width << 2)
  const headBias = head + ((<usize>width * outputCount(trunk)) << 2)
  if (trunk == POLICY_TRUNK) matmul(hidden, head, headBias, 0, out, rows, width, ACTION_COUNT, 0)
  else multiplyColumn(hidden, head, load<f32>(headBias), out, outStride, rows, width)
}

/**
 * out[row] = bias + sum over the columns of the row's embedding, in column order.
 *
 * Blocks of 16 units go over all rows, so that the block's part of the embedding stays in the cache.
 */
function embeddingSum(plan: Plan, embedding: usize, bias: usize, categories: usize, rows: i32, width: i32, out: usize): void {
  const columns = plan.columnCount
  const widthBytes = <usize>width << 2
  let block: usize = 0
  for (; block + 64 <= widthBytes; block += 64) {
    let category = categories
    for (let row = 0; row < rows; row++) {
      let s0 = v128.load(bias + block)
      let s1 = v128.load(bias + block, 16)
      let s2 = v128.load(bias + block, 32)
      let s3 = v128.load(bias + block, 48)
      for (let column = 0; column < columns; column++) {
        const from = embedding + <usize>embeddingRow(plan, column, load<u16>(category)) * widthBytes + block
        s0 = f32x4.add(s0, v128.load(from))
        s1 = f32x4.add(s1, v128.load(from, 16))
        s2 = f32x4.add(s2, v128.load(from, 32))
        s3 = f32x4.add(s3, v128.load(from, 48))
        category += 2
      }
      const to = out + <usize>row * widthBytes + block
      v128.store(to, s0)
      v128.store(to, s1, 16)
      v128.store(to, s2, 32)
      v128.store(to, s3, 48)
    }
  }
  if (block < widthBytes) {
    let category = categories
    for (let row = 0; row < rows; row++) {
      let s0 = v128.load(bias + block)
      let s1 = v128.load(bias + block, 16)
      for (let column = 0; column < columns; column++) {
        const from = embedding + <usize>embeddingRow(plan, column, load<u16>(category)) * widthBytes + block
        s0 = f32x4.add(s0, v128.load(from))
        s1 = f32x4.add(s1, v128.load(from, 16))
        category += 2
      }
      const to = out + <usize>row * widthBytes + block
      v128.store(to, s0)
      v128.store(to, s1, 16)
    }
  }
}
