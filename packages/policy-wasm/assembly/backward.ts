/** Back-propagation through one trunk of one agent. */
import { matmul } from './matmul'
import { activationBytes, embeddingRow, layerCount, layerWidth, outputCount, Plan, weightsOffset } from './network'
import { accumulateColumns, accumulateTransposed, maskAndSum, transpose } from './transposed'
import { Workspace } from './workspace'

/**
 * Before the first tile of a slice: clears the gradient, and transposes the weights that it flows back through.
 *
 * @param parameters first tensor of the trunk
 * @param gradient   the trunk's tensors [byteCount / 4]
 */
export function beginGradient(plan: Plan, trunk: i32, parameters: usize, workspace: Workspace, gradient: usize, byteCount: usize): void {
  const layers = layerCount(plan, trunk)
  let out = workspace.transposedWeights
  for (let layer = 1; layer <= layers; layer++) {
    const inputs = layerWidth(plan, trunk, layer - 1)
    const width = layer < layers ? layerWidth(plan, trunk, layer) : outputCount(trunk)
    transpose(parameters + weightsOffset(plan, trunk, layer), out, inputs, width)
    out += (<usize>inputs * <usize>width) << 2
  }
  memory.fill(gradient, 0, byteCount)
  memory.fill(workspace.headGradient, 0, (<usize>layerWidth(plan, trunk, layers - 1) * outputCount(trunk)) << 2)
  memory.fill(workspace.zeros, 0, <usize>plan.widest << 2)
}

/**
 * Adds the gradient of a tile whose activations and output gradient lie in the workspace:
 *
 *   dW_head += h_L^T dY,  dH_L = dY W_head^T,  dZ_l = dH_l [h_l > 0],  dW_l += h_{l-1}^T dZ_l,  db_l += sum dZ_l,
 *   dH_{l-1} = dZ_l W_l^T,  dE[category] += dZ_0 row by row. Inputs have no gradient.
 */
export function addTileGradient(plan: Plan, trunk: i32, workspace: Workspace, rows: i32, gradient: usize): void {
  const layers = layerCount(plan, trunk)
  const outputs = outputCount(trunk)
  let layer = layers - 1
  let width = layerWidth(plan, trunk, layer)
  let hidden = workspace.activations + <usize>layer * activationBytes(plan)
  let transposed = lastTransposed(plan, trunk, workspace)
  let dZ = workspace.gradient
  let dBelow = workspace.gradientBelow

  // [outputs, H_L], because the products are eight columns wide.
  accumulateTransposed(workspace.outputGradient, hidden, workspace.headGradient, rows, outputs, width)
  const headBias = gradient + weightsOffset(plan, trunk, layers) + ((<usize>width * outputs) << 2)
  accumulateColumns(workspace.outputGradient, headBias, rows, outputs)
  matmul(workspace.outputGradient, transposed, workspace.zeros, 0, dZ, rows, outputs, width, 0)
  for (; layer > 0; layer--) {
    const inputs = layerWidth(plan, trunk, layer - 1)
    const below = hidden - activationBytes(plan)
    const weights = gradient + weightsOffset(plan, trunk, layer)
    transposed -= (<usize>inputs * <usize>width) << 2
    maskAndSum(hidden, dZ, weights + ((<usize>inputs * <usize>width) << 2), rows, width)
    accumulateTransposed(below, dZ, weights, rows, inputs, width)
    matmul(dZ, transposed, workspace.zeros, 0, dBelow, rows, width, inputs, 0)
    const swapped = dZ
    dZ = dBelow
    dBelow = swapped
    hidden = below
    width = inputs
  }
  const weights = gradient + weightsOffset(plan, trunk, 0)
  maskAndSum(hidden, dZ, weights + ((<usize>plan.denseSize * <usize>width) << 2), rows, width)
  accumulateTransposed(workspace.x, dZ, weights, rows, plan.denseSize, width)
  addEmbeddingGradient(plan, workspace.categories, dZ, rows, width, gradient)
}

/** After the last tile of a slice: puts the head's gradient in its place. */
export function endGradient(plan: Plan, trunk: i32, workspace: Workspace, gradient: usize): void {
  const layers = layerCount(plan, trunk)
  const head = gradient + weightsOffset(plan, trunk, layers)
  transpose(workspace.headGradient, head, outputCount(trunk), layerWidth(plan, trunk, layers - 1))
}

/** The head's transposed weights, the last in the buffer. */
function lastTransposed(plan: Plan, trunk: i32, workspace: Workspace): usize {
  let at = workspace.transposedWeights
  for (let layer = 1; layer < layerCount(plan, trunk); layer++) {
    at += (<usize>layerWidth(plan, trunk, layer - 1) * <usize>layerWidth(plan, trunk, layer)) << 2
  }
  return at
}

/**
 * embedding[offset_c + category_c] += dZ, for each column row after row: one column's embedding stays in the cache. An
 * embedding row belongs to one column, so its sum is in the order of the rows.
 */
function addEmbeddingGradient(plan: Plan, categories: usize, dZ: usize, rows: i32, width: i32, embedding: usize): void {
  const columns = plan.columnCount
  const widthBytes = <usize>width << 2
  for (let column = 0; column < columns; column++) {
    let category = categories + (<usize>column << 1)
    let from = dZ
    for (let row = 0; row < rows; row++) {
      let to = embedding + <usize>embeddingRow(plan, column, load<u16>(category)) * widthBytes
      const end = from + widthBytes
      for (; from < end; from += 32) {
        v128.store(to, f32x4.add(v128.load(to), v128.load(from)))
        v128.store(to, f32x4.add(v128.load(to, 16), v128.load(from, 16)), 16)
        to += 32
      }
      category += <usize>columns << 1
    }
  }
}
