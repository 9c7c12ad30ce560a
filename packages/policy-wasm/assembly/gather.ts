/** Copies parts of a minibatch into a thread's tile. */
import { NO_EVENT } from './losses'
import { floats, Plan, trunkStateOffset } from './plan'
import { Update } from './update'
import { LANE_BLOCK, Workspace } from './workspace'

/**
 * Fills the tile with events of a feed-forward network; those of weight 0 cost nothing.
 *
 * @returns the first event that has not been looked at; it may be that none was gathered
 */
export function gatherEvents(update: Update, plan: Plan, workspace: Workspace, agent: i32, first: i32, end: i32): i32 {
  let count = 0
  let event = first
  for (; event < end && count < workspace.laneCapacity; event++) {
    const row = rowOf(update, event)
    if (isLearntFrom(update, agent, row)) gatherRow(update, plan, workspace, row, count++)
  }
  beginTile(workspace, 1, count)
  return event
}

/**
 * Fills the tile with whole segments, from lane `first` on. Events of weight 0 are replayed, for the states' sake, but
 * there is nothing to learn from them. Lanes of zeros fill up the last block.
 *
 * @returns the first lane that has not been gathered
 */
export function gatherSegments(
  update: Update,
  plan: Plan,
  workspace: Workspace,
  agent: i32,
  trunk: i32,
  first: i32,
  end: i32,
): i32 {
  const laneCount = min(end - first, workspace.laneCapacity)
  const tileLanes = (laneCount + LANE_BLOCK - 1) & -LANE_BLOCK
  for (let step = 0; step < update.stepCount; step++) {
    for (let lane = 0; lane < tileLanes; lane++) {
      const to = step * tileLanes + lane
      if (lane < laneCount) {
        const row = rowOf(update, step * update.laneCount + first + lane)
        gatherRow(update, plan, workspace, row, to)
        if (!isLearntFrom(update, agent, row)) store<i32>(workspace.events + floats(to), NO_EVENT)
        store<u8>(workspace.resets + to, load<u8>(update.resets + row))
      } else {
        store<i32>(workspace.events + floats(to), NO_EVENT)
        memory.fill(workspace.x + floats(to * plan.denseSize), 0, floats(plan.denseSize))
        memory.fill(workspace.categories + ((<usize>(to * plan.columnCount)) << 1), 0, (<usize>plan.columnCount) << 1)
        store<u8>(workspace.resets + to, 0)
      }
    }
  }
  const tile = workspace.tile
  beginTile(workspace, update.stepCount, tileLanes)
  tile.resets = workspace.resets
  tile.state =
    update.recurrentState + floats((agent * update.laneCount + first) * plan.stateSize) + trunkStateOffset(plan, trunk)
  tile.stateStride = floats(plan.stateSize)
  tile.stateLanes = laneCount
  return first + laneCount
}

function beginTile(workspace: Workspace, steps: i32, lanes: i32): void {
  const tile = workspace.tile
  tile.steps = steps
  tile.lanes = lanes
  tile.x = workspace.x
  tile.categories = workspace.categories
  tile.keepsState = 0
}

@inline
function rowOf(update: Update, event: i32): i32 {
  return update.storedRows ? load<i32>(update.storedRows + floats(event)) : event
}

@inline
function isLearntFrom(update: Update, agent: i32, row: i32): bool {
  return !update.weights || load<f32>(update.weights + floats(agent * update.storedCount + row)) != 0
}

/** The number and the inputs of one row. */
function gatherRow(update: Update, plan: Plan, workspace: Workspace, row: i32, to: i32): void {
  const denseBytes = floats(plan.denseSize)
  const categoryBytes = (<usize>plan.columnCount) << 1
  store<i32>(workspace.events + floats(to), row)
  memory.copy(workspace.x + <usize>to * denseBytes, update.dense + <usize>row * denseBytes, denseBytes)
  memory.copy(
    workspace.categories + <usize>to * categoryBytes,
    update.categorical + <usize>row * categoryBytes,
    categoryBytes,
  )
}
