import type { Minibatch } from '@vigil/engine'
import { randomPermutation, randomStream } from '@vigil/random'
import type { Batch, BatchConstraints, BatchRecurrence } from './batch.ts'
import { type BatchInputs, minibatchInputs, selectInputs } from './batch-inputs.ts'

/**
 * Cuts a batch into minibatches of one size, in an order that depends on seed, iteration and epoch alone. The arrays of
 * a minibatch are reused by the next one.
 *
 * A feed-forward team learns from events in any order. A recurrent one lives through each lane again from the state that
 * was stored before its first step: lanes are shuffled, never their steps, and a minibatch holds whole lanes.
 *
 * @param inputs  of the batch, for minibatches of this size; the room in them is overwritten
 * @param weights [N, A] 0 or 1: which agent learns from which event; null = all from all
 */
export function* minibatchesOf(
  batch: Batch,
  inputs: BatchInputs,
  options: {
    readonly agentCount: number
    readonly seed: number
    /** Counts the passes over batches since training began. */
    readonly pass: number
    readonly weights: Float32Array | null
    /** [N, A, 4] what is gained from each agent's probability of each action; null = nothing beside the advantages */
    readonly direct: Float32Array | null
  },
): Generator<Minibatch> {
  const { agentCount: A } = options
  const { recurrence } = batch
  const { size } = inputs
  const entries = A * size
  const minibatch = {
    size,
    ...minibatchInputs(inputs),
    actions: new Uint8Array(entries),
    oldLogProbs: new Float32Array(entries),
    advantages: new Float32Array(entries),
    valueTargets: new Float32Array(entries),
    weights: new Float32Array(entries).fill(1),
    constraints: constraintBuffers(batch.constraints, entries),
    direct: options.direct === null ? null : new Float32Array(4 * entries),
    recurrence: recurrence === null ? null : recurrenceBuffers(batch, recurrence, size),
  }
  // Where nothing is remembered, an event is a lane of one step.
  const stepCount = recurrence?.stepCount ?? 1
  const laneCount = size / stepCount
  const order = randomPermutation(randomStream(options.seed, 'minibatch'), batch.eventCount / stepCount, options.pass)
  const events = new Uint32Array(size)
  for (let first = 0; first + laneCount <= order.length; first += laneCount) {
    const lanes = order.subarray(first, first + laneCount)
    if (recurrence === null) events.set(lanes)
    else for (let b = 0; b < size; b++) events[b] = eventOf(recurrence, lanes[b % laneCount], Math.floor(b / laneCount))
    selectInputs(inputs, events)
    gatherDecisions(batch.actions, events, minibatch.actions)
    gatherDecisions(batch.logProbs, events, minibatch.oldLogProbs)
    gatherDecisions(batch.advantages, events, minibatch.advantages)
    gatherDecisions(batch.valueTargets, events, minibatch.valueTargets)
    if (options.weights !== null) gatherDecisions(options.weights, events, minibatch.weights)
    if (batch.constraints !== null) gatherConstraints(batch.constraints, events, minibatch.constraints!)
    if (options.direct !== null) gatherActions(options.direct, events, minibatch.direct!)
    if (recurrence !== null) {
      for (let b = 0; b < size; b++) minibatch.recurrence!.resets[b] = recurrence.resets[events[b]]
      fillStates(recurrence, lanes, minibatch.recurrence!.recurrentState, A)
    }
    yield minibatch
  }
}

/** What the agents did in some events, [N, A] -> [A, B]. */
function gatherDecisions<Values extends Float32Array | Uint8Array>(
  from: Values,
  events: Uint32Array,
  to: Values,
): void {
  const size = events.length
  const A = to.length / size
  for (let agent = 0; agent < A; agent++) {
    for (let b = 0; b < size; b++) to[agent * size + b] = from[events[b] * A + agent]
  }
}

/** A number for each action in some events, [N, A, 4] -> [A, B, 4]. */
function gatherActions(from: Float32Array, events: Uint32Array, to: Float32Array): void {
  const size = events.length
  const A = to.length / (4 * size)
  for (let agent = 0; agent < A; agent++) {
    for (let b = 0; b < size; b++) {
      const first = 4 * (events[b] * A + agent)
      for (let action = 0; action < 4; action++) to[4 * (agent * size + b) + action] = from[first + action]
    }
  }
}

function constraintBuffers(constraints: BatchConstraints | null, entries: number) {
  if (constraints === null) return null
  return { costTargets: new Float32Array(constraints.costTargets.length * entries) }
}

/** The targets of some events: [S] of [N, A] -> [S, A, B]. */
function gatherConstraints(
  from: BatchConstraints,
  events: Uint32Array,
  to: { readonly costTargets: Float32Array },
): void {
  const S = from.costTargets.length
  const entries = to.costTargets.length / S
  for (let s = 0; s < S; s++) {
    gatherDecisions(from.costTargets[s], events, to.costTargets.subarray(s * entries, (s + 1) * entries))
  }
}

function recurrenceBuffers(batch: Batch, { stepCount, recurrentState }: BatchRecurrence, size: number) {
  const laneCount = size / stepCount
  const floatsPerLane = recurrentState.length / (batch.eventCount / stepCount) // A * H
  return {
    stepCount,
    laneCount,
    resets: new Uint8Array(size),
    recurrentState: new Float32Array(laneCount * floatsPerLane),
  }
}

/** Where step t of a lane stands in a batch, whose order is shard, step, lane. */
function eventOf({ stepCount, lanesPerShard }: BatchRecurrence, lane: number, t: number): number {
  const shard = Math.floor(lane / lanesPerShard)
  return (shard * stepCount + t) * lanesPerShard + (lane % lanesPerShard)
}

/** The states of some lanes, [lane, A, H] -> [A, L, H]. */
function fillStates(
  { recurrentState }: BatchRecurrence,
  lanes: Uint32Array,
  out: Float32Array,
  agentCount: number,
): void {
  const H = out.length / (agentCount * lanes.length)
  for (let agent = 0; agent < agentCount; agent++) {
    for (const [l, lane] of lanes.entries()) {
      const from = (lane * agentCount + agent) * H
      out.set(recurrentState.subarray(from, from + H), (agent * lanes.length + l) * H)
    }
  }
}
