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
import { aimDropout, beginDropout, endDropout, LEARNING } from './dropout'
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
    // With one norm over both trunks an agent's slices are counted together.
    const counter = update.jointClip ? agent : index
    const missing = atomic.sub<i32>(update.progress + ((<usize>(1 + counter)) << 2), 1) - 1
    if (missing != 0) continue
    if (update.jointClip) takeJointStep(update, plan, agent)
    else takeStep(update, plan, agent, trunk)
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
  // It belongs to PPO's fault: the cross-entropy is a baseline.
  if (!update.supervised) beginDropout(plan, LEARNING, events, 4, update.step, 0)
  aimDropout(agent, trunk, 0)
  forwardTrunk(plan, trunk, parameters, workspace.tile, outputs, floats(outputCount(plan, trunk)))
  if (trunk != POLICY_TRUNK) {
    if (plan.constraintCount > 0) constraintGradient(update, plan, agent, events, rows, outputs, dOutputs, statistics)
    valueGradient(update, agent, events, rows, outputs, dOutputs, floats(outputCount(plan, trunk)), statistics)
  } else if (update.supervised) crossEntropyGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  else ppoGradient(update, agent, events, rows, outputs, dOutputs, statistics)
  addTileGradient(plan, trunk, parameters, workspace, gradient)
  endDropout()
}

/** Adds up the slices of one trunk, clips the gradient's global norm (arXiv:1211.5063, algorithm 1), and steps. */
function takeStep(update: Update, plan: Plan, agent: i32, trunk: i32): void {
  const norm = gradientNorm(update, plan, agent, trunk)
  const maxNorm: f64 = trunk == POLICY_TRUNK ? update.maxNormPolicy : update.maxNormValue
  scaleAndStep(update, plan, agent, trunk, <f32>(maxNorm / max(norm, maxNorm)))
}

/** The fault `joint-clip`: one norm over both trunks, so that the larger gradient takes what the smaller one may have. */
function takeJointStep(update: Update, plan: Plan, agent: i32): void {
  let squares: f64 = 0
  for (let trunk = 0; trunk < update.trunkCount; trunk++) {
    const norm = gradientNorm(update, plan, agent, trunk)
    squares += norm * norm
  }
  const maxNorm: f64 = update.maxNormPolicy
  const scale = <f32>(maxNorm / max(Math.sqrt(squares), maxNorm))
  for (let trunk = 0; trunk < update.trunkCount; trunk++) scaleAndStep(update, plan, agent, trunk, scale)
}

/** Adds up the slices of one trunk; the norm is also left in the update's results. */
function gradientNorm(update: Update, plan: Plan, agent: i32, trunk: i32): f64 {
  const offset = trunkOffset(plan, trunk)
  const mask = update.inputMask ? update.inputMask + <usize>agent * update.agentStride + offset : 0
  const byteCount = paddedBytes(plan, trunk)
  const norm = Math.sqrt(
    addSlices(sliceGradient(update, agent, 0) + offset, update.agentStride, update.sliceCount, byteCount, mask),
  )
  store<f64>(update.gradientNorms + ((<usize>(trunk * plan.agentCount + agent)) << 3), norm)
  return norm
}

/** One step of Adam with the scaled gradient; the factor is also left in the update's results. */
function scaleAndStep(update: Update, plan: Plan, agent: i32, trunk: i32, scale: f32): void {
  const offset = trunkOffset(plan, trunk)
  const at = <usize>agent * update.agentStride + offset
  store<f64>(update.gradientScales + ((<usize>(trunk * plan.agentCount + agent)) << 3), scale)
  const gradient = sliceGradient(update, agent, 0) + offset
  adamStep(
    update,
    gradient,
    scale,
    update.parameters + at,
    update.firstMoment + at,
    update.secondMoment + at,
    paddedBytes(plan, trunk),
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
