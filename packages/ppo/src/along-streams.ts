import type { Split } from '@vigil/data'
import type { EnvironmentSpec } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'

/** A trajectory in the order in which credit is given. */
export type Credited = {
  readonly trajectory: Trajectory
  /** [T, E] which step of the lanes stands at each place; null = each at its own */
  readonly order: Uint32Array | null
}

/**
 * Puts trajectories into the order in which credit is given. Where a lane has events of many streams beside each other (layout
 * `site`), each lane's steps are put stream after stream: returns and advantages then run along a stream, since what is paid at
 * its event is its own doing. Elsewhere nothing is to be done.
 *
 * @param train the rows that lanes walk, by stream
 */
export function creditOrder(
  { response }: Pick<EnvironmentSpec, 'response'>,
  { rows, streamStarts }: Split,
): (trajectory: Trajectory) => Credited {
  if (response?.layout !== 'site') return (trajectory) => ({ trajectory, order: null })
  const streamOfRow = new Map<number, number>()
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    for (const row of rows.subarray(streamStarts[stream], streamStarts[stream + 1])) streamOfRow.set(row, stream)
  }
  return (trajectory) => alongStreams(trajectory, (row) => streamOfRow.get(row)!)
}

/**
 * The steps of each lane, stream after stream. In the trajectory of a site `terminated` says that nothing follows in the stream,
 * `truncated` that the recording ends after the step, and V(s_{t+1}) is a look at what follows in the stream. Here
 *
 *   V(s_{t+1}) of a step is V(s_t) of the stream's next one, where the rollout has it
 *   truncated  = the stream goes on, but the rollout has no more of it
 *   terminated = nothing follows, also where the recording ended before
 */
export function alongStreams(trajectory: Trajectory, streamOf: (row: number) => number): Credited {
  const { stepCount: T, laneCount: E } = trajectory
  const order = new Uint32Array(T * E)
  const [terminated, truncated] = [new Uint8Array(T * E), new Uint8Array(T * E)]
  const isLast = new Uint8Array(T * E)
  for (let lane = 0; lane < E; lane++) {
    let step = 0
    for (const { steps, hasEnded } of chainsOf(trajectory, lane, streamOf)) {
      for (const [i, event] of steps.entries()) {
        const at = step++ * E + lane
        order[at] = event
        if (i < steps.length - 1) continue
        isLast[at] = 1
        terminated[at] = trajectory.terminated[event] | (hasEnded ? 1 : 0)
        truncated[at] = 1 - terminated[at]
      }
    }
  }
  const values = gathered(trajectory.values, order)
  const nextValues = gathered(trajectory.nextValues, order)
  const width = nextValues.length / order.length
  for (let at = 0; at < order.length; at++) {
    for (let i = 0; i < width; i++) {
      if (isLast[at] === 0) nextValues[at * width + i] = values[(at + E) * width + i]
      else if (terminated[at] === 1) nextValues[at * width + i] = 0
    }
  }
  const credited = {
    ...trajectory,
    ...{ values, nextValues, terminated, truncated },
    rows: gathered(trajectory.rows, order),
    context: gathered(trajectory.context, order),
    actions: gathered(trajectory.actions, order),
    logProbs: gathered(trajectory.logProbs, order),
    rewards: gathered(trajectory.rewards, order),
    expectedRewards: gathered(trajectory.expectedRewards, order),
    teamActions: gathered(trajectory.teamActions, order),
    robustness: gathered(trajectory.robustness, order),
  }
  return { trajectory: credited, order }
}

/** Events of one stream in one window of a lane, in the order of time, and whether the window's recording ended. */
type Chain = { readonly steps: number[]; hasEnded: boolean }

function chainsOf(
  { stepCount, laneCount, rows, truncated }: Trajectory,
  lane: number,
  streamOf: (row: number) => number,
) {
  const chains: Chain[] = []
  let open = new Map<number, Chain>()
  for (let t = 0; t < stepCount; t++) {
    const event = t * laneCount + lane
    const stream = streamOf(rows[event])
    let chain = open.get(stream)
    if (chain === undefined) {
      chain = { steps: [], hasEnded: false }
      open.set(stream, chain)
      chains.push(chain)
    }
    chain.steps.push(event)
    if (truncated[event] === 0) continue
    for (const ended of open.values()) ended.hasEnded = true
    open = new Map()
  }
  return chains
}

/** Rows of an array [T E, any] in another order. */
export function gathered<A extends Uint8Array | Uint32Array | Float32Array>(array: A, order: Uint32Array): A {
  const width = array.length / order.length
  const out = array.slice() as A
  for (const [at, event] of order.entries()) {
    for (let i = 0; i < width; i++) out[at * width + i] = array[event * width + i]
  }
  return out
}
