/**
 * An LSTM layer over the T steps of a tile, forward and back through time. The products with the layer's inputs go over
 * all steps at once; only those with its own outputs go step by step:
 *
 *   z_t = b + x_t W_input + h_{t-1} W_recurrent, then ./gates, with (h, c)_{t-1} zero where an episode begins at t
 *
 * Sums begin with the bias and go on in this order whatever T is: learning repeats the bits of acting.
 *
 * The layer's record in the tile holds, for T steps and L lanes, f32
 *
 *   gates [T, L, 4 width]  sums, then gates, then the gradient of the sums
 *   tanhC [T, L, width]    tanh of the cells after each step
 *   h, c  [T + 1, L, width] each, outputs and cells before each step, and after the last
 */
import { gateGradients, passGates } from './gates'
import { matmul } from './matmul'
import { floats, GATE_COUNT } from './plan'
import { rowCount, Tile } from './tile'
import { accumulateColumns, accumulateTransposed } from './transposed'
import { Workspace } from './workspace'

/**
 * @param record  overwritten
 * @param weights input weights, recurrent weights and bias (./plan)
 * @param below   [rows, inputs]
 * @param hidden  [rows, width], overwritten
 * @param state   bytes from a lane's state of the trunk to that of this layer
 */
export function forwardLstm(
  tile: Tile,
  record: usize,
  weights: usize,
  below: usize,
  hidden: usize,
  inputs: i32,
  width: i32,
  state: usize,
): void {
  const lanes = tile.lanes
  const block = floats(lanes * width)
  const recurrent = weights + floats(inputs * GATE_COUNT * width)
  const bias = recurrent + floats(width * GATE_COUNT * width)
  let z = record
  let tanhC = tanhOf(tile, record, width)
  let h = outputsOf(tile, record, width)
  let c = cellsOf(tile, record, width)
  matmul(below, weights, bias, 0, z, rowCount(tile), inputs, GATE_COUNT * width, 0)
  loadState(tile, state, h, width)
  loadState(tile, state + floats(width), c, width)
  for (let step = 0; step < tile.steps; step++) {
    clearAtResets(tile, step, h, width)
    clearAtResets(tile, step, c, width)
    matmul(h, recurrent, z, floats(GATE_COUNT * width), z, lanes, width, GATE_COUNT * width, 0)
    passGates(z, c, c + block, tanhC, h + block, lanes, width)
    memory.copy(hidden, h + block, block)
    z += <usize>GATE_COUNT * block
    tanhC += block
    hidden += block
    h += block
    c += block
  }
  if (tile.keepsState) {
    storeState(tile, state, h, width)
    storeState(tile, state + floats(width), c, width)
  }
}

/**
 * Back-propagation through time. State before the first step is a constant.
 *
 *   dW_input += sum x_t^T dz_t,  dW_recurrent += sum h_{t-1}^T dz_t,  db += sum dz_t,  dx_t = dz_t W_input^T,
 *   dh_{t-1} += dz_t W_recurrent^T and dc_{t-1} += dc_t unless an episode begins at t
 *
 * @param workspace  with the tile
 * @param record     as `forwardLstm` left it; the gates are overwritten
 * @param gradient   += of the layer's tensors, in the order of `weights`
 * @param transposed [4 width, inputs], input weights, and [4 width, width], recurrent weights
 * @param dH         [rows, width] from above
 * @param dBelow     [rows, inputs], overwritten
 */
export function backwardLstm(
  workspace: Workspace,
  record: usize,
  gradient: usize,
  transposed: usize,
  below: usize,
  dH: usize,
  dBelow: usize,
  inputs: i32,
  width: i32,
): void {
  const tile = workspace.tile
  const zeros = workspace.zeros
  const lanes = tile.lanes
  const rows = rowCount(tile)
  const gateWidth = GATE_COUNT * width
  const block = floats(lanes * width)
  const recurrent = transposed + floats(gateWidth * inputs)
  // Gradients that go from a step to the one before.
  const dNext = workspace.carried
  const dC = dNext + block
  const tanhC = tanhOf(tile, record, width)
  const h = outputsOf(tile, record, width)
  const c = cellsOf(tile, record, width)
  memory.fill(dNext, 0, 2 * block)
  for (let step = tile.steps - 1; step >= 0; step--) {
    const at = <usize>step * block
    const dZ = record + <usize>GATE_COUNT * at
    gateGradients(dZ, c + at, tanhC + at, dH + at, dNext, dC, lanes, width)
    if (step == 0) break
    matmul(dZ, recurrent, zeros, 0, dNext, lanes, gateWidth, width, 0)
    clearAtResets(tile, step, dNext, width)
    clearAtResets(tile, step, dC, width)
  }
  const gradientRecurrent = gradient + floats(inputs * gateWidth)
  accumulateTransposed(below, record, gradient, rows, inputs, gateWidth)
  accumulateTransposed(h, record, gradientRecurrent, rows, width, gateWidth)
  accumulateColumns(record, gradientRecurrent + floats(width * gateWidth), rows, gateWidth)
  matmul(record, transposed, zeros, 0, dBelow, rows, gateWidth, inputs, 0)
}

@inline
function tanhOf(tile: Tile, record: usize, width: i32): usize {
  return record + floats(rowCount(tile) * GATE_COUNT * width)
}

@inline
function outputsOf(tile: Tile, record: usize, width: i32): usize {
  return tanhOf(tile, record, width) + floats(rowCount(tile) * width)
}

@inline
function cellsOf(tile: Tile, record: usize, width: i32): usize {
  return outputsOf(tile, record, width) + floats((rowCount(tile) + tile.lanes) * width)
}

/** values [lanes, width] = the lanes' states; zero in lanes without one. */
function loadState(tile: Tile, offset: usize, values: usize, width: i32): void {
  const bytes = floats(width)
  for (let lane = 0; lane < tile.stateLanes; lane++) {
    memory.copy(values + <usize>lane * bytes, tile.state + <usize>lane * tile.stateStride + offset, bytes)
  }
  memory.fill(values + <usize>tile.stateLanes * bytes, 0, <usize>(tile.lanes - tile.stateLanes) * bytes)
}

function storeState(tile: Tile, offset: usize, values: usize, width: i32): void {
  const bytes = floats(width)
  for (let lane = 0; lane < tile.stateLanes; lane++) {
    memory.copy(tile.state + <usize>lane * tile.stateStride + offset, values + <usize>lane * bytes, bytes)
  }
}

/** Zeros in values [lanes, width] where an episode begins at the step. */
function clearAtResets(tile: Tile, step: i32, values: usize, width: i32): void {
  if (!tile.resets) return
  const bytes = floats(width)
  const resets = tile.resets + <usize>(step * tile.lanes)
  for (let lane = 0; lane < tile.lanes; lane++) {
    if (load<u8>(resets + lane)) memory.fill(values + <usize>lane * bytes, 0, bytes)
  }
}
