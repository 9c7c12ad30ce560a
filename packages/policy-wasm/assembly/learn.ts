/**
 * Learning: the gradient of every trunk on every slice of a minibatch, then one step of Adam.
 *
 * A minibatch is cut into slices, of a number that does not depend on the threads. An item is one trunk of one agent on
 * one slice: a range of events, or of whole lanes where the network is recurrent. Threads take items from a counter in
 * the memory; whoever finishes the last slice of a trunk adds the slices' gradients, in slice order, clips them and takes
 * the step. Nothing waits for anything, and no result depends on who computed what.
 */
import { adamStep, addSlices } from './adam'
import { addTileGradient, beginGradient, endGradient } from './backward'
import { forwardTrunk } from './forward'
import { gatherEvents, gatherSegments } from './gather'
import { constraintGradient, crossEntropyGradient, ppoGradient, valueGradient } from './losses'
import { floats, outputCount, Plan, POLICY_TRUNK, trunkBytes, trunkOffset } from './plan'
import { rowCount } from './tile'
import { STATISTICS_BYTES, Update } from './update'
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
    const missing = atomic.sub<i32>(update.progress + ((<usize>(1 + index)) << 2), 1) - 1
    if (missing == 0) takeStep(update, plan, agent, trunk)
  }
}

/** Gradient and loss of one trunk on one slice. */
function learnFromSlice(update: Update, plan: Plan, workspace: Workspace, agent: i32, trunk: i32, slice: i32): void {
  const offset = trunkOffset(plan, trunk)
  const parameters = update.parameters + <usize>agent * update.agentStride + offset
  const gradient = sliceGradient(update, agent, slice) + offset
  const statistics =
    update.statistics + <usize>((trunk * plan.agentCount + agent) * update.sliceCount + slice) * STATISTICS_BYTES
  memory.fill(statistics, 0, STATISTICS_BYTES)
  beginGradient(plan, trunk, parameters, workspace, gradient, paddedBytes(plan, trunk))
  const end = min((slice + 1) * update.sliceLanes, update.laneCount)
  let lane = slice * update.sliceLanes
  while (lane < end) {
    if (plan.lstmLayers > 0) lane = gatherSegments(update, plan, workspace, agent, trunk, lane, end)
    else lane = gatherEvents(update, plan, workspace, agent, lane, end)
    if (workspace.tile.lanes > 0) learnFromTile(update, plan, workspace, agent, trunk, parameters, gradient, statistics)
  }
  endGradient(plan, trunk, workspace, gradient)
}

/** Adds the gradient and the losses of the tile that has been gathered. */
function learnFromTile(
  update: Update,
  plan: Plan,
  workspace: Workspace,
  agent: i32,
  trunk: i32,
  parameters: usize,
  gradient: usize,
  statistics: usize,
): void {
  const rows = rowCount(workspace.tile)
  const outputs = workspace.outputs
  const dOutputs = workspace.outputGradient
  const events = workspace.events
  forwardTrunk(plan, trunk, parameters, workspace.tile, outputs, floats(outputCount(plan, trunk)))
  if (trunk != POLICY_TRUNK) {
    if (plan.constraintCount > 0) constraintGradient(update, plan, agent, events, rows, outputs, dOutputs, statistics)
    valueGradient(update, agent, events, rows, outputs, dOutputs, floats(outputCount(plan, trunk)), statistics)
  } else if (update.supervised) crossEntropyGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  else ppoGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  addTileGradient(plan, trunk, parameters, workspace, gradient)
}

/**
 * Adds up the slices of one trunk, clips the gradient's global norm (arXiv:1211.5063, algorithm 1), and takes one step of
 * Adam. Norm and factor are left in the update's results.
 */
function takeStep(update: Update, plan: Plan, agent: i32, trunk: i32): void {
  const offset = trunkOffset(plan, trunk)
  const at = <usize>agent * update.agentStride + offset
  const figure = (<usize>(trunk * plan.agentCount + agent)) << 3
  const mask = update.inputMask ? update.inputMask + at : 0
  const gradient = sliceGradient(update, agent, 0) + offset
  const byteCount = paddedBytes(plan, trunk)
  const norm = Math.sqrt(addSlices(gradient, update.agentStride, update.sliceCount, byteCount, mask))
  const maxNorm: f64 = trunk == POLICY_TRUNK ? update.maxNormPolicy : update.maxNormValue
  const scale = <f32>(maxNorm / max(norm, maxNorm))
  store<f64>(update.gradientNorms + figure, norm)
  store<f64>(update.gradientScales + figure, scale)
  adamStep(
    update,
    gradient,
    scale,
    update.parameters + at,
    update.firstMoment + at,
    update.secondMoment + at,
    byteCount,
  )
}

@inline
function sliceGradient(update: Update, agent: i32, slice: i32): usize {
  return update.gradients + <usize>(agent * update.sliceCount + slice) * update.agentStride
}

/**
 * Bytes of a trunk, up to the next full vector. The policy's number is a multiple of four floats; behind the value
 * head's single bias the host leaves zeros.
 */
@inline
function paddedBytes(plan: Plan, trunk: i32): usize {
  return (trunkBytes(plan, trunk) + 15) & ~15
}
