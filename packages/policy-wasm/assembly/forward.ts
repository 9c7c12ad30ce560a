/** One trunk of one agent, from a tile's inputs to the outputs of its head. */
import { embeddingSum } from './embedding'
import { normaliseRows } from './layer-norm'
import { forwardLstm } from './lstm'
import { matmul, multiplyColumn } from './matmul'
import {
  floats,
  hiddenCount,
  inputWidth,
  layerCount,
  layerWidth,
  logicalWidth,
  outputCount,
  Plan,
  weightsOffset,
} from './plan'
import { hiddenOf, lstmOf, normalisedOf, rowCount, Tile } from './tile'

/**
 * @param parameters first tensor of the trunk (its embedding)
 * @param tile       its inputs and state are read, its buffers overwritten
 * @param out        [rows, outputs], overwritten
 * @param outStride  bytes between rows of `out`; 4 outputs for a head of more than one column
 */
export function forwardTrunk(
  plan: Plan,
  trunk: i32,
  parameters: usize,
  tile: Tile,
  out: usize,
  outStride: usize,
): void {
  const rows = rowCount(tile)
  const hiddenLayers = hiddenCount(plan, trunk)
  const layers = layerCount(plan, trunk)
  let state: usize = 0
  let below = tile.x
  for (let layer = 0; layer < layers; layer++) {
    const hidden = hiddenOf(tile, layer)
    if (layer < hiddenLayers) {
      forwardHidden(plan, trunk, layer, parameters, tile, below, hidden)
    } else {
      const width = layerWidth(plan, trunk, layer)
      const weights = parameters + weightsOffset(plan, trunk, layer)
      forwardLstm(
        tile,
        lstmOf(tile, layer - hiddenLayers),
        weights,
        below,
        hidden,
        inputWidth(plan, trunk, layer),
        width,
        state,
      )
      state += floats(2 * width)
    }
    below = hidden
  }
  const inputs = inputWidth(plan, trunk, layers)
  const head = parameters + weightsOffset(plan, trunk, layers)
  const outputs = outputCount(plan, trunk)
  const bias = head + floats(inputs * outputs)
  if (outputs > 1) matmul(below, head, bias, 0, out, rows, inputs, outputs, 0)
  else multiplyColumn(below, head, load<f32>(bias), out, outStride, rows, inputs)
}

/** hidden = relu(norm(below W + b)), in the first layer plus the embeddings. */
function forwardHidden(
  plan: Plan,
  trunk: i32,
  layer: i32,
  parameters: usize,
  tile: Tile,
  below: usize,
  hidden: usize,
): void {
  const rows = rowCount(tile)
  const inputs = inputWidth(plan, trunk, layer)
  const width = layerWidth(plan, trunk, layer)
  const weights = parameters + weightsOffset(plan, trunk, layer)
  const bias = weights + floats(inputs * width)
  const isNormalised = plan.normEpsilon > 0
  let initial = bias
  let initialStride: usize = 0
  if (layer == 0) {
    embeddingSum(plan, parameters, bias, tile.categories, rows, width, hidden)
    initial = hidden
    initialStride = floats(width)
  }
  matmul(below, weights, initial, initialStride, hidden, rows, inputs, width, isNormalised ? 0 : 1)
  if (isNormalised) {
    const count = logicalWidth(plan, trunk, layer)
    normaliseRows(hidden, bias + floats(width), normalisedOf(tile, layer), rows, width, count, plan.normEpsilon)
  }
}
