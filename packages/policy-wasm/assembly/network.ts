/**
 * The trunks and heads of one agent, over the plan block that describes the network's shape.
 */
import { dot, matmul } from './matmul'

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

/** Rows that pass through a trunk together, so that their activations stay in the cache. */
export const TILE_ROWS = 64

// @ts-ignore: decorator
@inline
function word(plan: Plan, index: i32): i32 {
  return load<i32>(changetype<usize>(plan) + (<usize>index << 2))
}

/** Policy logits of one agent for up to TILE_ROWS rows: out [rows, 4]. */
export function policyLogits(plan: Plan, agent: usize, x: usize, categories: usize, rows: i32, scratch: usize, out: usize): void {
  const head = trunk(plan, agent, x, categories, rows, scratch, plan.policyLayers, POLICY_WIDTHS)
  const width = word(plan, POLICY_WIDTHS + plan.policyLayers - 1)
  const bias = head + ((<usize>width * ACTION_COUNT) << 2)
  matmul(lastActivations, head, bias, 0, out, rows, width, ACTION_COUNT, 0)
}

/** Values of one agent for up to TILE_ROWS rows, written at out + row * outStride. */
export function stateValues(plan: Plan, agent: usize, x: usize, categories: usize, rows: i32, scratch: usize, out: usize, outStride: usize): void {
  const head = trunk(plan, agent + policyBytes(plan), x, categories, rows, scratch, plan.valueLayers, VALUE_WIDTHS)
  const width = word(plan, VALUE_WIDTHS + plan.valueLayers - 1)
  const bias = load<f32>(head + (<usize>width << 2))
  for (let row = 0; row < rows; row++) {
    const activations = lastActivations + ((<usize>row * <usize>width) << 2)
    store<f32>(out + <usize>row * outStride, dot(activations, head, bias, width))
  }
}

/** Bytes of the policy tensors, which lie before the value tensors. */
function policyBytes(plan: Plan): usize {
  let count = plan.vocabularySize * word(plan, POLICY_WIDTHS)
  let inputs = plan.denseSize
  for (let layer = 0; layer < plan.policyLayers; layer++) {
    const width = word(plan, POLICY_WIDTHS + layer)
    count += inputs * width + width
    inputs = width
  }
  return <usize>(count + inputs * ACTION_COUNT + ACTION_COUNT) << 2
}

/** Where `trunk` left the activations of the last hidden layer: [rows, width]. */
let lastActivations: usize = 0

/**
 * The hidden layers of one trunk.
 *
 * @param parameters first tensor of the trunk (its embedding)
 * @param scratch    2 * TILE_ROWS * widest layer f32 values
 * @returns the address of the head's weights
 */
function trunk(plan: Plan, parameters: usize, x: usize, categories: usize, rows: i32, scratch: usize, layers: i32, widthsAt: i32): usize {
  let inputs = plan.denseSize
  let width = word(plan, widthsAt)
  let weights = parameters + ((<usize>plan.vocabularySize * <usize>width) << 2)
  let bias = weights + ((<usize>inputs * <usize>width) << 2)
  let activations = scratch
  let previous = scratch + ((<usize>TILE_ROWS * <usize>plan.widest) << 2)
  embeddingSum(plan, parameters, bias, categories, rows, width, activations)
  matmul(x, weights, activations, <usize>width << 2, activations, rows, inputs, width, 1)
  for (let layer = 1; layer < layers; layer++) {
    const swapped = previous
    previous = activations
    activations = swapped
    inputs = width
    width = word(plan, widthsAt + layer)
    weights = bias + (<usize>inputs << 2)
    bias = weights + ((<usize>inputs * <usize>width) << 2)
    matmul(previous, weights, bias, 0, activations, rows, inputs, width, 1)
  }
  lastActivations = activations
  return bias + (<usize>width << 2)
}

/** out[row] = bias + sum over the columns of the row's embedding, in column order. */
function embeddingSum(plan: Plan, embedding: usize, bias: usize, categories: usize, rows: i32, width: i32, out: usize): void {
  const columns = plan.columnCount
  const widthBytes = <usize>width << 2
  for (let row = 0; row < rows; row++) {
    const to = out + <usize>row * widthBytes
    const category = categories + ((<usize>row * <usize>columns) << 1)
    for (let block: usize = 0; block < widthBytes; block += 32) {
      let low = v128.load(bias + block)
      let high = v128.load(bias + block, 16)
      for (let column = 0; column < columns; column++) {
        const index = word(plan, COLUMN_OFFSETS + column) + <i32>load<u16>(category + (<usize>column << 1))
        const from = embedding + <usize>index * widthBytes + block
        low = f32x4.add(low, v128.load(from))
        high = f32x4.add(high, v128.load(from, 16))
      }
      v128.store(to + block, low)
      v128.store(to + block, high, 16)
    }
  }
}
