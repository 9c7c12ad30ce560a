import { Response } from './response-plan'
import { Site } from './site-plan'
import { Watch } from './watch-plan'

/** The plan block: what every lane of an environment shares. Described in ../src/blocks.ts, written by ../src/plan.ts. */
@unmanaged
export class Plan {
  /** 0 iid, 1 stream */
  mode: u32
  agentCount: i32
  seed: u32
  /** time limit, 0 = none */
  episodeSteps: u32
  /** 0 own, 1 consensus */
  attribution: u32
  /** 0 majority, 1 quorum */
  rule: u32
  /** 2f + 1 */
  quorumSize: i32
  fallbackAction: u32
  /** K */
  contextSize: i32
  /** n, rows in this split */
  rowCount: u32
  /** -> u32 [n] dataset rows by stream, then time */
  rows: usize
  /** -> u32 [streams + 1] */
  streamStarts: usize
  streamCount: u32
  /** -> u8, one per dataset row; only the reward may read them */
  labels: usize
  teamBonus: f32
  /** inputs at the head of the context: moving averages or the state of the stream; behind them the S observed values, or none */
  headCount: i32
  /** bytes between the records of neighbouring lanes */
  laneBytes: usize
  /** bytes of a lane's watch record */
  watchBytes: usize
  /** null without specifications */
  watch: Watch | null
  /** bytes of a stream's state, 0 where actions have no consequences */
  stateBytes: usize
  /** null where actions have no consequences */
  response: Response | null
  /** the order in which the events of the training part happened; null unless streams share analysts */
  site: Site | null
}

/** Bytes from the block's beginning to f32 [2, 4], what each label and action pays (actionRewards in ../src/reward-table.ts). */
export const ACTION_REWARDS: usize = offsetof<Plan>()

export const MODE_IID: u32 = 0
export const ATTRIBUTION_OWN: u32 = 0
export const RULE_MAJORITY: u32 = 0

/** Row number of the dataset at a position of the split. */
@inline
export function rowAt(plan: Plan, position: u32): u32 {
  return load<u32>(plan.rows + ((<usize>position) << 2))
}

/** First position of a stream; streamStart(streams) is the end of the last. */
@inline
export function streamStart(plan: Plan, stream: u32): u32 {
  return load<u32>(plan.streamStarts + ((<usize>stream) << 2))
}

/** Is this row of the dataset a threat? */
@inline
export function isThreat(plan: Plan, row: u32): bool {
  return load<u8>(plan.labels + <usize>row) != 0
}
