/**
 * The greedy team over whole segments of a split: every row once, in order, without learning or resets inside a segment.
 * A segment is a stream (stream mode, so that the context is carried), a site or any run of rows (iid mode). Recurrent state is
 * carried along a segment, from zero at its start.
 */
import { StreamState } from '../../env-wasm/assembly/response'
import { Walk } from '../../env-wasm/assembly/walk'
import { Acting } from '../../policy-wasm/assembly/acting'
import { absorb, actGreedily, beginLane, beginWalk, prepare, stepWalk } from './externals'
import { gather, Team } from './team'

/** Described in ../src/blocks.ts. */
@unmanaged
class Evaluation {
  team: Team
  /** the job of one step; the host fills in all but the parameters and the number of rows */
  acting: Acting
  /** lanes that walk segments side by side */
  laneCount: i32
  /** -> u32 [n], the split's dataset rows */
  splitRows: usize
  /**
   * buffers of one step, as in a rollout; context f32 [E, K]; watch records [E], as in a lane, where the context shows
   * robustness; rows, positions, ends u32 [E]
   */
  context: usize
  watch: usize
  registers: usize
  rows: usize
  positions: usize
  ends: usize
  /** outputs: u8 [n, A] and f32 [n, A] by position in the split; where a stream was cut off nothing is written */
  actions: usize
  scores: usize
  /** Where actions have consequences: the step of a stream that is under way, null elsewhere; */
  walk: Walk | null
  /** -> StreamState or SiteState [E], and the segment that each lane walks, u32 [E]; */
  states: usize
  segmentNumbers: usize
  /** -> f64 [streams of the split, 8], overwritten; and the number of the first segment of this call; */
  ledgers: usize
  firstSegment: u32
  /** -> u8 [A], how each agent votes: OWN, OPPOSITE, AS + agent, or an action */
  votes: usize
  /** Outputs besides, by position in the split: f32 [n, K] and f32 [n, A, 4]; both 0 = nobody asks */
  contexts: usize
  probabilities: usize
}

/** A vote is an agent's own action. */
const OWN: u8 = 255
/** A vote is restrictive where the agent's own action is not, and the other way round. */
const OPPOSITE: u8 = 4
/** A vote is the action of the agent of this number - AS. */
const AS: u8 = 16

/**
 * @param job          -> Evaluation
 * @param parameters   [A, P]
 * @param segments     -> u32 [segmentCount, 2], positions [start, end) of the split
 * @returns as `rollout`
 */
export function evaluate(job: usize, parameters: usize, segments: usize, segmentCount: i32): i32 {
  const run = changetype<Evaluation>(job)
  const team = run.team
  const acting = run.acting
  acting.parameters = parameters
  const agents = <usize>team.agentCount
  prepare(team.environmentPlan, run.registers)
  let begun = 0
  let active = 0
  while (begun < segmentCount && active < run.laneCount) beginSegment(run, active++, segments, begun++)
  while (active > 0) {
    for (let lane = 0; lane < active; lane++) {
      const position = load<u32>(run.positions + ((<usize>lane) << 2))
      store<u32>(run.rows + ((<usize>lane) << 2), load<u32>(run.splitRows + ((<usize>position) << 2)))
    }
    gather(team, active, run.rows, run.context, acting.x, acting.categories)
    acting.rows = active
    const status = actGreedily(acting)
    if (status != 0) return status
    for (let lane = 0; lane < active; lane++) {
      const stopped = record(run, lane, agents)
      if (stopped != 0) return -stopped
    }
    // Backwards, so that a lane moved into a freed place has been dealt with already.
    for (let lane = active - 1; lane >= 0; lane--) {
      const at = (<usize>lane) << 2
      if (load<u32>(run.positions + at) < load<u32>(run.ends + at)) continue
      if (begun < segmentCount) beginSegment(run, lane, segments, begun++)
      else moveLane(run, --active, lane)
    }
  }
  return 0
}

/** Writes a lane's actions and scores to their place, shows the team's decision to its context, and moves on. */
function record(run: Evaluation, lane: i32, agents: usize): i32 {
  const at = run.positions + ((<usize>lane) << 2)
  const position = load<u32>(at)
  const from = <usize>lane * agents
  const to = <usize>position * agents
  const walk = run.walk
  if (walk !== null) castVotes(run, run.acting.actions + from)
  memory.copy(run.actions + to, run.acting.actions + from, agents)
  memory.copy(run.scores + (to << 2), run.acting.scores + (from << 2), agents << 2)
  const team = run.team
  if (run.probabilities) recordView(run, lane, position)
  if (walk === null) store<u32>(at, position + 1)
  else {
    aim(run, walk, lane)
    walk.actions = run.acting.actions + from
    stepWalk(walk)
    store<u32>(at, walk.position)
    if (team.watchBytes == 0) return 0
  }
  if (team.contextSize == 0) return 0
  const row = load<u32>(run.rows + ((<usize>lane) << 2))
  const watch = watchOf(run, lane)
  return absorb(team.environmentPlan, row, run.acting.actions + from, watch, contextOf(run, lane), run.registers)
}

/** Writes what a lane's agents saw besides the row, and what they might have done. */
function recordView(run: Evaluation, lane: i32, position: u32): void {
  const bytes = (<usize>run.team.contextSize) << 2
  memory.copy(run.contexts + <usize>position * bytes, contextOf(run, lane), bytes)
  const agentBytes = (<usize>run.team.agentCount) << 4
  memory.copy(
    run.probabilities + <usize>position * agentBytes,
    run.acting.probabilities + <usize>lane * agentBytes,
    agentBytes,
  )
}

/** The agents' actions [A] become what they vote for. */
function castVotes(run: Evaluation, actions: usize): void {
  const agents = <usize>run.team.agentCount
  for (let agent: usize = 0; agent < agents; agent++) {
    const vote = load<u8>(run.votes + agent)
    if (vote == OWN) continue
    if (vote < OPPOSITE) store<u8>(actions + agent, vote)
    else if (vote >= AS) store<u8>(actions + agent, load<u8>(actions + <usize>(vote - AS)))
    else {
      const action = load<u8>(actions + agent)
      store<u8>(actions + agent, action == 1 || action == 2 ? 0 : 2)
    }
  }
}

/** Points the walk at a lane's stream. */
function aim(run: Evaluation, walk: Walk, lane: i32): void {
  const at = (<usize>lane) << 2
  walk.state = changetype<StreamState>(run.states + <usize>lane * run.team.walkBytes)
  walk.rows = run.splitRows
  walk.position = load<u32>(run.positions + at)
  walk.end = load<u32>(run.ends + at)
  walk.ledger = run.team.isSite ? run.ledgers : run.ledgers + ((<usize>load<u32>(run.segmentNumbers + at)) << 6)
  walk.context = contextOf(run, lane)
}

@inline
function contextOf(run: Evaluation, lane: i32): usize {
  return run.context + ((<usize>lane * <usize>run.team.contextSize) << 2)
}

/** 0 where nothing is watched. */
@inline
function watchOf(run: Evaluation, lane: i32): usize {
  const bytes = run.team.watchBytes
  return bytes == 0 ? 0 : run.watch + <usize>lane * bytes
}

function beginSegment(run: Evaluation, lane: i32, segments: usize, segment: i32): void {
  const bounds = segments + ((<usize>segment) << 3)
  store<u32>(run.positions + ((<usize>lane) << 2), load<u32>(bounds))
  store<u32>(run.ends + ((<usize>lane) << 2), load<u32>(bounds, 4))
  beginLane(run.team.environmentPlan, watchOf(run, lane), contextOf(run, lane))
  const stateBytes = run.team.stateBytes
  memory.fill(run.acting.recurrentState + <usize>lane * stateBytes, 0, stateBytes)
  const walk = run.walk
  if (walk === null) return
  store<u32>(run.segmentNumbers + ((<usize>lane) << 2), run.firstSegment + segment)
  aim(run, walk, lane)
  // A part that is done again, since its worker died, counts once. Of a site beginWalk sees to it.
  if (!run.team.isSite) memory.fill(walk.ledger, 0, 64)
  beginWalk(walk)
  store<u32>(run.positions + ((<usize>lane) << 2), walk.position)
}

function moveLane(run: Evaluation, from: i32, to: i32): void {
  const contextBytes = (<usize>run.team.contextSize) << 2
  store<u32>(run.positions + ((<usize>to) << 2), load<u32>(run.positions + ((<usize>from) << 2)))
  store<u32>(run.ends + ((<usize>to) << 2), load<u32>(run.ends + ((<usize>from) << 2)))
  memory.copy(contextOf(run, to), contextOf(run, from), contextBytes)
  const watchBytes = run.team.watchBytes
  memory.copy(run.watch + <usize>to * watchBytes, run.watch + <usize>from * watchBytes, watchBytes)
  if (run.walk !== null) {
    store<u32>(run.segmentNumbers + ((<usize>to) << 2), load<u32>(run.segmentNumbers + ((<usize>from) << 2)))
    const bytes = run.team.walkBytes
    memory.copy(run.states + <usize>to * bytes, run.states + <usize>from * bytes, bytes)
  }
  const stateBytes = run.team.stateBytes
  memory.copy(
    run.acting.recurrentState + <usize>to * stateBytes,
    run.acting.recurrentState + <usize>from * stateBytes,
    stateBytes,
  )
}
