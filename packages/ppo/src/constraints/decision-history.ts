import type { Trajectory } from '@vigil/proto'

/**
 * What the team decided at the last steps of every lane, for windows that look back behind a rollout. One byte per step and
 * lane, [steps, lanes] time-major over the lanes of all shards in their order:
 *
 *   bit 0  the decision was restrictive
 *   bit 1  the event was a threat
 *   bit 2  the episode ended behind this step, and with it the windows
 */
export type DecisionHistory = Uint8Array

const RESTRICTIVE = 1
const THREAT = 2
const ENDED = 4

/** Bits outside of those that a step has. */
const UNUSED = 0xff & ~(RESTRICTIVE | THREAT | ENDED)

/** Columns of some rows of a history, [rows, lanes] each, as packages/stl's smooth robustness takes them. */
export type DecisionColumns = {
  /** 0 or 1 */
  readonly restrictive: Float32Array
  /** 0 or 1 */
  readonly threat: Float32Array
  /** 1 where an episode begins, and at the first row */
  readonly begins: Uint8Array
}

/**
 * The history after a rollout: the newest `length` steps.
 *
 * @param before  empty when training begins
 * @param rollout trajectories in shard order, the labels [rows of the dataset], and whether windows go on where an episode ends
 * @param length  steps that are kept at most
 */
export function extendHistory(
  before: DecisionHistory,
  {
    trajectories,
    labels,
    runsOn,
  }: { readonly trajectories: readonly Trajectory[]; readonly labels: Uint8Array; readonly runsOn: boolean },
  length: number,
): DecisionHistory {
  const laneCount = trajectories.reduce((sum, trajectory) => sum + trajectory.laneCount, 0)
  const { stepCount } = trajectories[0]
  const all = new Uint8Array(before.length + stepCount * laneCount)
  all.set(before)
  let firstLane = 0
  for (const { rows, teamActions, terminated, truncated, laneCount: E } of trajectories) {
    for (let event = 0; event < rows.length; event++) {
      const t = Math.floor(event / E)
      const action = teamActions[event]
      all[before.length + t * laneCount + firstLane + (event % E)] =
        (action === 1 || action === 2 ? RESTRICTIVE : 0) |
        (labels[rows[event]] === 1 ? THREAT : 0) |
        (!runsOn && terminated[event] | truncated[event] ? ENDED : 0)
    }
    firstLane += E
  }
  return all.slice(Math.max(0, all.length - length * laneCount))
}

/** Takes a history apart. */
export function historyColumns(history: DecisionHistory, laneCount: number): DecisionColumns {
  return {
    restrictive: Float32Array.from(history, (step) => (step & RESTRICTIVE ? 1 : 0)),
    threat: Float32Array.from(history, (step) => (step & THREAT ? 1 : 0)),
    begins: Uint8Array.from(history, (_, i) => (i < laneCount || history[i - laneCount] & ENDED ? 1 : 0)),
  }
}

/** Whether saved bytes can be a history: none of a step's unused bits is set. */
export function isHistory(bytes: Uint8Array): boolean {
  return bytes.every((step) => (step & UNUSED) === 0)
}
