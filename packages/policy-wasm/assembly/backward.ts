/** Back-propagation through one trunk of one agent. */
import { addEmbeddingGradient } from './embedding'
import { normaliseBackward } from './layer-norm'
import { backwardLstm } from './lstm'
import { matmul } from './matmul'
import {
  floats,
  GATE_COUNT,
  hiddenCount,
  inputWidth,
  layerCount,
  layerWidth,
  logicalWidth,
  outputCount,
  Plan,
  weightsOffset,
} from './plan'
import { hiddenOf, lstmOf, normalisedOf, rowCount } from './tile'
import { accumulateColumns, accumulateTransposed, maskAndSum, transpose } from './transposed'
import { transposedBytes, Workspace } from './workspace'

/**
 * Before the first tile of a slice: clears the gradient, and transposes the weights that it flows back through.
 *
 * @param parameters first tensor of the trunk
 * @param gradient   the trunk's tensors [byteCount / 4]
 */
export function beginGradient(
  plan: Plan,
  trunk: i32,
  parameters: usize,
  workspace: Workspace,
  gradient: usize,
  byteCount: usize,
): void {
  const hiddenLayers = hiddenCount(plan, trunk)
  const layers = layerCount(plan, trunk)
  let out = workspace.transposedWeights
  for (let layer = 1; layer <= layers; layer++) {
    const inputs = inputWidth(plan, trunk, layer)
    const weights = parameters + weightsOffset(plan, trunk, layer)
    if (layer >= hiddenLayers && layer < layers) {
      const width = layerWidth(plan, trunk, layer)
      const recurrent = floats(inputs * GATE_COUNT * width)
      transpose(weights, out, inputs, GATE_COUNT * width)
      transpose(weights + recurrent, out + recurrent, width, GATE_COUNT * width)
    } else {
      transpose(weights, out, inputs, layer < layers ? layerWidth(plan, trunk, layer) : outputCount(plan, trunk))
    }
    out += transposedBytes(plan, trunk, layer)
  }
  memory.fill(gradient, 0, byteCount)
  memory.fill(workspace.headGradient, 0, transposedBytes(plan, trunk, layers))
  memory.fill(workspace.zeros, 0, floats(plan.widest))
}

/**
 * Adds the gradient of a tile whose activations and output gradient lie in the workspace:
 *
 *   dW_head += u^T dY,  du = dY W_head^T,  then the LSTM layers (./lstm), and for hidden layers
 *   dZ_l = dH_l [h_l > 0], or as ./layer-norm has it,  dW_l += h_{l-1}^T dZ_l,  db_l += sum dZ_l,
 *   dH_{l-1} = dZ_l W_l^T,  dE[category] += dZ_0 row by row. Inputs have no gradient.
 */
export function addTileGradient(
  plan: Plan,
  trunk: i32,
  parameters: usize,
  workspace: Workspace,
  gradient: usize,
): void {
  const tile = workspace.tile
  const rows = rowCount(tile)
  const hiddenLayers = hiddenCount(plan, trunk)
  const layers = layerCount(plan, trunk)
  const outputs = outputCount(plan, trunk)
  let width = inputWidth(plan, trunk, layers)
  let transposed = workspace.transposedWeights
  for (let layer = 1; layer < layers; layer++) transposed += transposedBytes(plan, trunk, layer)
  let d = workspace.gradient
  let dBelow = workspace.gradientBelow

  // [outputs, width], because the products are eight columns wide.
  accumulateTransposed(
    workspace.outputGradient,
    hiddenOf(tile, layers - 1),
    workspace.headGradient,
    rows,
    outputs,
    width,
  )
  const headBias = gradient + weightsOffset(plan, trunk, layers) + floats(width * outputs)
  accumulateColumns(workspace.outputGradient, headBias, rows, outputs)
  matmul(workspace.outputGradient, transposed, workspace.zeros, 0, d, rows, outputs, width, 0)
  for (let layer = layers - 1; layer > 0; layer--) {
    const inputs = inputWidth(plan, trunk, layer)
    const below = hiddenOf(tile, layer - 1)
    transposed -= transposedBytes(plan, trunk, layer)
    if (layer >= hiddenLayers) {
      const record = lstmOf(tile, layer - hiddenLayers)
      const weights = gradient + weightsOffset(plan, trunk, layer)
      backwardLstm(workspace, record, weights, transposed, below, d, dBelow, inputs, width)
    } else {
      addHiddenGradient(plan, trunk, layer, parameters, workspace, below, d, gradient)
      matmul(d, transposed, workspace.zeros, 0, dBelow, rows, width, inputs, 0)
    }
    const swapped = d
    d = dBelow
    dBelow = swapped
    width = inputs
  }
  addHiddenGradient(plan, trunk, 0, parameters, workspace, tile.x, d, gradient)
  addEmbeddingGradient(plan, tile.categories, d, rows, width, gradient)
}

/** Turns the gradient of a hidden layer's outputs into that of its sums, and adds those of its tensors. */
function addHiddenGradient(
  plan: Plan,
  trunk: i32,
  layer: i32,
  parameters: usize,
  workspace: Workspace,
  below: usize,
  d: usize,
  gradient: usize,
): void {
  const tile = workspace.tile
  const rows = rowCount(tile)
  const inputs = inputWidth(plan, trunk, layer)
  const width = layerWidth(plan, trunk, layer)
  const weights = weightsOffset(plan, trunk, layer)
  const bias = weights + floats(inputs * width)
  if (plan.normEpsilon > 0) {
    const gain = bias + floats(width)
    const count = logicalWidth(plan, trunk, layer)
    normaliseBackward(
      hiddenOf(tile, layer),
      normalisedOf(tile, layer),
      parameters + gain,
      d,
      gradient + gain,
      rows,
      width,
      count,
    )
    accumulateColumns(d, gradient + bias, rows, width)
  } else {
    maskAndSum(hiddenOf(tile, layer), d, gradient + bias, rows, width)
  }
  accumulateTransposed(below, d, gradient + weights, rows, inputs, width)
}

/** After the last tile of a slice: puts the head's gradient in its place. */
export function endGradient(plan: Plan, trunk: i32, workspace: Workspace, gradient: usize): void {
  const layers = layerCount(plan, trunk)
  const head = gradient + weightsOffset(plan, trunk, layers)
  transpose(workspace.headGradient, head, outputCount(plan, trunk), inputWidth(plan, trunk, layers))
}
