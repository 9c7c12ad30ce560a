/**
 * Learning: the gradient of every trunk on every slice of a minibatch, then one step of Adam.
 *
 * A minibatch is cut into S slices, a number that does not depend on the threads. An item is one trunk of one agent on
 * one slice. Threads take items from a counter in the memory; whoever finishes the last slice of a trunk adds the
 * slices' gradients, in slice order, clips them and takes the step. Nothing waits for anything, and no result depends
 * on who computed what.
 */
import { adamStep, addSlices } from './adam'
import { addTileGradient, beginGradient, endGradient } from './backward'
import { crossEntropyGradient, ppoGradient, valueGradient } from './losses'
import { forwardTrunk, layerCount, Plan, POLICY_TRUNK, TILE_ROWS, trunkBytes, trunkOffset } from './network'
import { STATISTICS, Update } from './update'
import { Workspace } from './workspace'

/**
 * Works on items of the update until none is left to take. Every thread that takes part calls it once, with a workspace
 * of its own; the update is done when all calls have returned.
 */
export function learn(update: Update, workspace: Workspace): void {
  const plan = changetype<Plan>(update.plan)
  const itemCount = update.trunkCount * plan.agentCount * update.sliceCount
  for (;;) {
    const item = atomic.add<i32>(update.progress, 1)
    if (item >= itemCount) return
    // Policies first: theirs are usually the longer items.
    const index = item / update.sliceCount
    const trunk = index / plan.agentCount
    const agent = index % plan.agentCount
    learnFromSlice(update, plan, workspace, agent, trunk, item % update.sliceCount)
    const missing = atomic.sub<i32>(update.progress + (<usize>(1 + index) << 2), 1) - 1
    if (missing == 0) takeStep(update, plan, agent, trunk)
  }
}

/** Gradient and loss of one trunk on one slice. */
function learnFromSlice(update: Update, plan: Plan, workspace: Workspace, agent: i32, trunk: i32, slice: i32): void {
  const offset = trunkOffset(plan, trunk)
  const parameters = update.parameters + <usize>agent * update.agentStride + offset
  const gradient = sliceGradient(update, agent, slice) + offset
  const statistics = update.statistics + ((<usize>((trunk * plan.agentCount + agent) * update.sliceCount + slice) * STATISTICS) << 3)
  memory.fill(statistics, 0, STATISTICS << 3)
  beginGradient(plan, trunk, parameters, workspace, gradient, paddedBytes(plan, trunk))
  const end = min((slice + 1) * update.sliceRows, update.rowCount)
  let tileRows = 0
  for (let row = slice * update.sliceRows; row < end; row++) {
    // Events of weight 0 cost nothing.
    if (update.weights && load<f32>(update.weights + ((<usize>agent * update.rowCount + row) << 2)) == 0) continue
    gather(update, plan, workspace, row, tileRows++)
    if (tileRows < TILE_ROWS) continue
    learnFromTile(update, plan, workspace, agent, trunk, tileRows, parameters, gradient, statistics)
    tileRows = 0
  }
  if (tileRows > 0) learnFromTile(update, plan, workspace, agent, trunk, tileRows, parameters, gradient, statistics)
  endGradient(plan, trunk, workspace, gradient)
}

/** Copies the inputs of one event into the tile. */
function gather(update: Update, plan: Plan, workspace: Workspace, row: i32, to: i32): void {
  const denseBytes = <usize>plan.denseSize << 2
  const categoryBytes = <usize>plan.columnCount << 1
  store<i32>(workspace.events + (<usize>to << 2), row)
  memory.copy(workspace.x + <usize>to * denseBytes, update.dense + <usize>row * denseBytes, denseBytes)
  memory.copy(workspace.categories + <usize>to * categoryBytes, update.categorical + <usize>row * categoryBytes, categoryBytes)
}

function learnFromTile(
  update: Update,
  plan: Plan,
  workspace: Workspace,
  agent: i32,
  trunk: i32,
  rows: i32,
  parameters: usize,
  gradient: usize,
  statistics: usize,
): void {
  const outputs = workspace.outputs
  const dOutputs = workspace.outputGradient
  const events = workspace.events
  forwardTrunk(plan, trunk, parameters, workspace.x, workspace.categories, rows, workspace.activations, layerCount(plan, trunk), outputs, 4)
  if (trunk != POLICY_TRUNK) valueGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  else if (update.supervised) crossEntropyGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  else ppoGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  addTileGradient(plan, trunk, workspace, rows, gradient)
}

/** Adds up the slices of one trunk, clips the gradient's global norm (arXiv:1211.5063, algorithm 1), and steps. */
function takeStep(update: Update, plan: Plan, agent: i32, trunk: i32): void {
  const offset = trunkOffset(plan, trunk)
  const at = <usize>agent * update.agentStride + offset
  const gradient = sliceGradient(update, agent, 0) + offset
  const byteCount = paddedBytes(plan, trunk)
  const mask = update.viewMask ? update.viewMask + at : 0
  const norm = Math.sqrt(addSlices(gradient, update.agentStride, update.sliceCount, byteCount, mask))
  store<f64>(update.gradientNorms + (<usize>(trunk * plan.agentCount + agent) << 3), norm)
  const maxNorm: f64 = trunk == POLICY_TRUNK ? update.maxNormPolicy : update.maxNormValue
  const scale = <f32>(maxNorm / max(norm, maxNorm))
  adamStep(update, gradient, scale, update.parameters + at, update.firstMoment + at, update.secondMoment + at, byteCount)
}

// @ts-ignore: decorator
@inline
function sliceGradient(update: Update, agent: i32, slice: i32): usize {
  return update.gradients + <usize>(agent * update.sliceCount + slice) * update.agentStride
}

/**
 * Bytes of a trunk, up to the next full vector. The policy's number is a multiple of four floats; behind the value
 * head's single bias the host leaves zeros.
 */
// @ts-ignore: decorator
@inline
function paddedBytes(plan: Plan, trunk: i32): usize {
  return (trunkBytes(plan, trunk) + 15) & ~15
}
