/** The rows that pass through a trunk together, and what they leave behind in it. */
import { placeBuffer } from './arena'
import { GATE_COUNT, layerCount, Plan, POLICY_TRUNK, VALUE_TRUNK } from './plan'

/** Rows of a tile where each is a lane of its own: few enough that their activations stay in the cache. */
export const TILE_ROWS = 64

/** Rows of T steps and L lanes, time-major: row = step * L + lane. Acting and feed-forward networks have one step. */
@unmanaged
export class Tile {
  steps: i32
  lanes: i32
  /** -> f32 [rows, denseSize] and u16 [rows, C], inputs */
  x: usize
  categories: usize
  /** -> u8 [T, L], 1 = the state before the step is zero; 0 = no step is one */
  resets: usize
  /** -> the trunk's recurrent state of lane 0 before step 0; the state of further lanes is `stateStride` bytes on */
  state: usize
  stateStride: usize
  /** Lanes that have a state; it is zero in those behind them, which only fill up a block of four. */
  stateLanes: i32
  /** 1 = the state after the last step takes the place of the one before, 0 = the state is only read */
  keepsState: i32
  /** -> f32 [rows, width] of each layer, its outputs; bytes from one layer to the next, likewise below */
  hidden: usize
  hiddenStride: usize
  /** -> of each hidden layer f32 [rows] 1 / deviation and f32 [rows, width] normalised sums; not there without layer norm */
  normalised: usize
  normalisedStride: usize
  /** -> of each LSTM layer its record (./lstm) */
  lstm: usize
  lstmStride: usize
}

/**
 * Places the buffers of a tile (./arena).
 *
 * @param isRecorded 1 = each layer keeps what its gradient needs, 0 = the layers share one place for it
 */
export function placeTile(plan: Plan, steps: i32, lanes: i32, isRecorded: i32): Tile {
  const tile = changetype<Tile>(placeBuffer(offsetof<Tile>()))
  const rows = <u64>steps * lanes
  const layers = max(layerCount(plan, POLICY_TRUNK), layerCount(plan, VALUE_TRUNK))
  const hidden = (rows * plan.widest) << 2
  const normalised = plan.normEpsilon > 0 ? (rows * (plan.widest + 4)) << 2 : 0
  const lstm = plan.lstmLayers > 0 ? ((rows * (GATE_COUNT + 3) + 2 * lanes) * plan.widestLstm) << 2 : 0
  tile.hidden = placeBuffer(hidden * layers)
  tile.hiddenStride = <usize>hidden
  tile.normalised = placeBuffer(isRecorded ? normalised * max(plan.policyLayers, plan.valueLayers) : normalised)
  tile.normalisedStride = isRecorded ? <usize>normalised : 0
  tile.lstm = placeBuffer(isRecorded ? lstm * plan.lstmLayers : lstm)
  tile.lstmStride = isRecorded ? <usize>lstm : 0
  return tile
}

/** Outputs of a layer. */
@inline
export function hiddenOf(tile: Tile, layer: i32): usize {
  return tile.hidden + <usize>layer * tile.hiddenStride
}

/** What layer normalisation left behind in a hidden layer. */
@inline
export function normalisedOf(tile: Tile, layer: i32): usize {
  return tile.normalised + <usize>layer * tile.normalisedStride
}

/** Record of an LSTM layer. */
@inline
export function lstmOf(tile: Tile, layer: i32): usize {
  return tile.lstm + <usize>layer * tile.lstmStride
}

@inline
export function rowCount(tile: Tile): i32 {
  return tile.steps * tile.lanes
}
