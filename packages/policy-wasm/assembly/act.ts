/** Acting: from rows of inputs to actions, log-probabilities and values for every agent of the team. */
import { philox, unitFloat, word0, word1, word2, word3 } from '../../random/assembly/philox'
import { Acting } from './acting'
import { beginBuffers, placeBuffer } from './arena'
import { exp4 } from './exp'
import { forwardTrunk } from './forward'
import {
  ACTION_COUNT,
  floats,
  outputCount,
  Plan,
  POLICY_TRUNK,
  trunkOffset,
  trunkStateOffset,
  VALUE_TRUNK,
  valueOutputCount,
} from './plan'
import { largest4, sum4 } from './softmax'
import { placeTile, TILE_ROWS, Tile } from './tile'

/** Philox key word of the purpose `action` (random/src/streams.ts). */
const ACTION_STREAM: u32 = 2

/** What a call returns: the host turns a number other than OK into an error with a name (../src/module.ts). */
export const OK = 0
export const NON_FINITE_LOGITS = 1

/**
 * Samples one action per row and agent.
 *
 * The uniform number of (lane, step, agent) is word agent % 4 of Philox(seed, action)(step, lane, agent / 4), so it does
 * not depend on shards, threads or tiles.
 *
 * @returns OK or NON_FINITE_LOGITS
 */
export function act(acting: Acting): i32 {
  const plan = changetype<Plan>(acting.plan)
  const agents = plan.agentCount
  const status = softmaxPolicies(plan, acting)
  if (status != OK) return status
  if (plan.valueLayers > 0) stateValues(plan, acting, 1)
  const actions = acting.actions
  const logProbs = acting.logProbs
  const probabilities = acting.probabilities
  for (let row = 0; row < acting.rows; row++) {
    const step = acting.steps + <usize>row * acting.stepStride
    for (let agent = 0; agent < agents; agent++) {
      if ((agent & 3) == 0)
        philox(acting.seed, ACTION_STREAM, load<u32>(step), load<u32>(step, 4), acting.laneBase + row, agent >> 2)
      const entry = <usize>row * agents + agent
      const p = probabilities + ((entry * ACTION_COUNT) << 2)
      const action = sample(p, unitFloat(wordOf(agent & 3)))
      store<u8>(actions + entry, <u8>action)
      store<f32>(logProbs + (entry << 2), Mathf.log(load<f32>(p + ((<usize>action) << 2))))
    }
    if (acting.hasPilots) followPilot(acting, row, agents)
  }
  return OK
}

/** All agents of a lane take its pilot's action, each with the log-probability that its own policy gives it. */
function followPilot(acting: Acting, row: i32, agents: i32): void {
  const first = <usize>row * agents
  const pilot = (acting.laneBase + row) % <u32>agents
  const action = load<u8>(acting.actions + first + pilot)
  for (let entry = first; entry < first + <usize>agents; entry++) {
    store<u8>(acting.actions + entry, action)
    const p = load<f32>(acting.probabilities + ((entry * ACTION_COUNT + <usize>action) << 2))
    store<f32>(acting.logProbs + (entry << 2), Mathf.log(max<f32>(p, SMALLEST_PROBABILITY)))
  }
}

/** Below what the logarithm would be infinite of: a pilot may do what another agent holds for impossible. */
const SMALLEST_PROBABILITY: f32 = 1e-30

/**
 * The greedy action, of equal ones that of the smaller number, and the threat score of every agent.
 *
 * @returns OK or NON_FINITE_LOGITS
 */
export function actGreedily(acting: Acting): i32 {
  const plan = changetype<Plan>(acting.plan)
  const status = softmaxPolicies(plan, acting)
  if (status != OK) return status
  const actions = acting.actions
  const scores = acting.scores
  const probabilities = acting.probabilities
  const entries = <usize>acting.rows * plan.agentCount
  for (let entry: usize = 0; entry < entries; entry++) {
    const p = probabilities + ((entry * ACTION_COUNT) << 2)
    store<u8>(actions + entry, greedy(p, acting.stopFactor))
    // Two rounded shares may come to the number above 1.
    store<f32>(scores + (entry << 2), min<f32>(load<f32>(p, 4) + load<f32>(p, 8), 1))
  }
  return OK
}

/** The likeliest action, of equal ones that of the smaller number. */
@inline
function greedy(p: usize, stopFactor: f32): u8 {
  let best: u8 = 0
  let most = load<f32>(p)
  for (let action: u8 = 1; action < <u8>ACTION_COUNT; action++) {
    let mass = load<f32>(p + ((<usize>action) << 2))
    if (action >= QUARANTINE) mass *= stopFactor
    if (mass <= most) continue
    most = mass
    best = action
  }
  return best
}

/** From this one on actions end a stream: quarantine at once, alert when the analyst says so. */
const QUARANTINE: u8 = 2

/** The critics alone. */
export function evaluateStates(acting: Acting): void {
  stateValues(changetype<Plan>(acting.plan), acting, 0)
}

function stateValues(plan: Plan, acting: Acting, keepsState: i32): void {
  const rows = acting.rows
  const agents = plan.agentCount
  beginBuffers(acting.scratch)
  const headWidth = outputCount(plan, VALUE_TRUNK)
  let head: usize = 0
  if (headWidth > 1) head = placeBuffer(floats(TILE_ROWS * headWidth))
  const tile = placeActingTile(plan, keepsState)
  for (let first = 0; first < rows; first += TILE_ROWS) {
    const tileRows = min(TILE_ROWS, rows - first)
    aimAtRows(plan, tile, acting, first, tileRows)
    for (let agent = 0; agent < agents; agent++) {
      aimAtState(plan, tile, acting.recurrentState, first, agent, VALUE_TRUNK)
      const trunk = acting.parameters + agentOffset(plan, agent) + trunkOffset(plan, VALUE_TRUNK)
      const out = acting.values + floats((first * agents + agent) * valueOutputCount(plan))
      if (head == 0) {
        forwardTrunk(plan, VALUE_TRUNK, trunk, tile, out, floats(agents))
      } else {
        forwardTrunk(plan, VALUE_TRUNK, trunk, tile, head, floats(headWidth))
        writeCritic(plan, head, tileRows, out)
      }
    }
  }
}

/**
 * From the head's columns to a critic's outputs: without the padding.
 *
 * @param head [rows, columns of the head]
 * @param out  [rows, A, O] from the agent's first number on
 */
function writeCritic(plan: Plan, head: usize, rows: i32, out: usize): void {
  const bytes = floats(valueOutputCount(plan))
  for (let row = 0; row < rows; row++) {
    memory.copy(out, head, bytes)
    head += floats(outputCount(plan, VALUE_TRUNK))
    out += bytes * <usize>plan.agentCount
  }
}

/** probabilities [rows, A, 4] = softmax of every agent's logits; NON_FINITE_LOGITS when a logit is NaN or infinite. */
function softmaxPolicies(plan: Plan, acting: Acting): i32 {
  const rows = acting.rows
  const probabilities = acting.probabilities
  const agents = plan.agentCount
  beginBuffers(acting.scratch)
  const logits = placeBuffer(floats(TILE_ROWS * ACTION_COUNT))
  const tile = placeActingTile(plan, 1)
  for (let first = 0; first < rows; first += TILE_ROWS) {
    const tileRows = min(TILE_ROWS, rows - first)
    aimAtRows(plan, tile, acting, first, tileRows)
    for (let agent = 0; agent < agents; agent++) {
      aimAtState(plan, tile, acting.recurrentState, first, agent, POLICY_TRUNK)
      forwardTrunk(plan, POLICY_TRUNK, acting.parameters + agentOffset(plan, agent), tile, logits, floats(ACTION_COUNT))
      for (let row = 0; row < tileRows; row++) {
        const value = v128.load(logits + ((<usize>row) << 4))
        const largest = largest4(value)
        const e = exp4(f32x4.sub(value, f32x4.splat(largest)))
        const sum = sum4(e)
        if (!isFinite4(value)) return NON_FINITE_LOGITS
        const entry = <usize>(first + row) * agents + agent
        v128.store(probabilities + ((entry * ACTION_COUNT) << 2), f32x4.div(e, f32x4.splat(sum)))
      }
    }
  }
  return OK
}

/** A tile of one step, whose lanes are rows. */
function placeActingTile(plan: Plan, keepsState: i32): Tile {
  const tile = placeTile(plan, 1, TILE_ROWS, 0)
  tile.steps = 1
  tile.resets = 0
  tile.keepsState = keepsState
  tile.stateStride = floats(plan.agentCount * plan.stateSize)
  return tile
}

function aimAtRows(plan: Plan, tile: Tile, acting: Acting, first: i32, rows: i32): void {
  tile.x = acting.x + floats(first * plan.denseSize)
  tile.categories = acting.categories + ((<usize>(first * plan.columnCount)) << 1)
  tile.lanes = rows
  tile.stateLanes = rows
}

function aimAtState(plan: Plan, tile: Tile, recurrentState: usize, first: i32, agent: i32, trunk: i32): void {
  tile.state =
    recurrentState + floats((first * plan.agentCount + agent) * plan.stateSize) + trunkStateOffset(plan, trunk)
}

/** x - x is 0 for numbers, and NaN for NaN and infinities. */
@inline
function isFinite4(x: v128): bool {
  return i32x4.all_true(f32x4.eq(f32x4.sub(x, x), f32x4.splat(0)))
}

/** Inverse of the cumulative distribution; rounding may leave u above the last sum, then the likeliest tail action. */
function sample(p: usize, u: f32): i32 {
  let cumulative: f32 = 0
  let last = 0
  for (let action = 0; action < ACTION_COUNT; action++) {
    const mass = load<f32>(p + ((<usize>action) << 2))
    if (mass > 0) last = action
    cumulative += mass
    if (u < cumulative) return action
  }
  return last
}

@inline
function agentOffset(plan: Plan, agent: i32): usize {
  return (<usize>agent * <usize>plan.parametersPerAgent) << 2
}

@inline
function wordOf(index: i32): u32 {
  return index < 2 ? (index == 0 ? word0 : word1) : index == 2 ? word2 : word3
}
