/**
 * The greedy team over whole segments of a split: every row once, in order, without learning or resets inside a segment.
 * A segment is a stream (stream mode, so that the context is carried) or any run of rows (iid mode). Recurrent state is
 * carried along a segment, from zero at its start.
 */
import { Acting } from '../../policy-wasm/assembly/acting'
import { absorb, actGreedily, beginLane, prepare } from './externals'
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
  /** outputs: u8 [n, A] and f32 [n, A] by position in the split */
  actions: usize
  scores: usize
}

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
  memory.copy(run.actions + to, run.acting.actions + from, agents)
  memory.copy(run.scores + (to << 2), run.acting.scores + (from << 2), agents << 2)
  store<u32>(at, position + 1)
  const team = run.team
  if (team.contextSize == 0) return 0
  const row = load<u32>(run.rows + ((<usize>lane) << 2))
  const watch = watchOf(run, lane)
  return absorb(team.environmentPlan, row, run.acting.actions + from, watch, contextOf(run, lane), run.registers)
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
}

function moveLane(run: Evaluation, from: i32, to: i32): void {
  const contextBytes = (<usize>run.team.contextSize) << 2
  store<u32>(run.positions + ((<usize>to) << 2), load<u32>(run.positions + ((<usize>from) << 2)))
  store<u32>(run.ends + ((<usize>to) << 2), load<u32>(run.ends + ((<usize>from) << 2)))
  memory.copy(contextOf(run, to), contextOf(run, from), contextBytes)
  const watchBytes = run.team.watchBytes
  memory.copy(run.watch + <usize>to * watchBytes, run.watch + <usize>from * watchBytes, watchBytes)
  const stateBytes = run.team.stateBytes
  memory.copy(
    run.acting.recurrentState + <usize>to * stateBytes,
    run.acting.recurrentState + <usize>from * stateBytes,
    stateBytes,
  )
}
