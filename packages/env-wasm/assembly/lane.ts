/** What a lane is, and where its parts lie. */
import { Plan } from './plan'
import { StreamState } from './response'

/**
 * A lane's record, followed by what it watches with (watch.ts; nothing without specifications), by the state of its stream
 * (response.ts; nothing where actions have no consequences) and by its context, f32 [K].
 * A shard's state is these records and nothing else.
 */
@unmanaged
export class Lane {
  /** since the run began; counts the random draws of rows and of actions */
  steps: u64
  /** episodes begun on a fresh stream; counts the random draws of streams */
  streamsBegun: u32
  /** since this episode began */
  episodeStep: u32
  /** of the present row in the split */
  position: u32
  /** first position behind the present stream (stream mode) */
  streamEnd: u32
}

/** Bytes of a record without what follows. */
const LANE_BYTES: usize = offsetof<Lane>()

@inline
export function laneAt(plan: Plan, lanes: usize, index: i32): Lane {
  return changetype<Lane>(lanes + <usize>index * plan.laneBytes)
}
@inline
export function contextBytes(plan: Plan): usize {
  return (<usize>plan.contextSize) << 2
}
@inline
export function watchOf(lane: Lane): usize {
  return changetype<usize>(lane) + LANE_BYTES
}
@inline
export function stateOf(plan: Plan, lane: Lane): StreamState {
  return changetype<StreamState>(watchOf(lane) + plan.watchBytes)
}
@inline
export function contextOf(plan: Plan, lane: Lane): usize {
  return watchOf(lane) + plan.watchBytes + plan.stateBytes
}
