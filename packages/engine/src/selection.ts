import type { LearningBatch, Minibatch, Selection } from './engine.ts'

/** Places for the arrays of a minibatch as `Minibatch` has them; of length 0 what it does not have. */
export type MinibatchRoom = {
  readonly dense: Float32Array
  readonly categorical: Uint16Array
  readonly actions: Uint8Array
  readonly oldLogProbs: Float32Array
  readonly advantages: Float32Array
  readonly valueTargets: Float32Array
  readonly weights: Float32Array
  readonly costTargets: Float32Array
  readonly direct: Float32Array
  readonly resets: Uint8Array
  readonly recurrentState: Float32Array
}

/** T and L of a selection; an event without a memory is a lane of one step. */
export function segmentsOf({ batch, lanes }: Selection): { stepCount: number; laneCount: number; size: number } {
  const stepCount = batch.recurrence?.stepCount ?? 1
  return { stepCount, laneCount: lanes.length, size: stepCount * lanes.length }
}

/** How many numbers each array of so many events of a batch has; of whole lanes where something is remembered. */
export function roomOf(batch: LearningBatch, size: number): { [Name in keyof MinibatchRoom]: number } {
  const ofEvents = (array: { readonly length: number } | null | undefined) =>
    array == null ? 0 : (array.length * size) / batch.eventCount
  return {
    dense: ofEvents(batch.dense),
    categorical: ofEvents(batch.categorical),
    actions: ofEvents(batch.actions),
    oldLogProbs: ofEvents(batch.oldLogProbs),
    advantages: ofEvents(batch.advantages),
    valueTargets: ofEvents(batch.valueTargets),
    weights: ofEvents(batch.weights),
    costTargets: (batch.costTargets?.length ?? 0) * ofEvents(batch.actions),
    direct: ofEvents(batch.direct),
    resets: ofEvents(batch.recurrence?.resets),
    recurrentState: ofEvents(batch.recurrence?.recurrentState),
  }
}

/** Copies a whole batch, agent by agent; states before the first step are not an event's, and stay behind. */
export function copyBatch(batch: LearningBatch, room: Omit<MinibatchRoom, 'recurrentState'>): void {
  const events = new Uint32Array(batch.eventCount)
  for (let event = 0; event < events.length; event++) events[event] = event
  room.dense.set(batch.dense)
  room.categorical.set(batch.categorical)
  gatherLessons(batch, events, room)
}

/** Copies what there is to learn from some events, number by number, which costs a third of what a call for each row does. */
function gatherLessons(batch: LearningBatch, events: Uint32Array, room: Omit<MinibatchRoom, 'recurrentState'>): void {
  gatherDecisions(batch.actions, events, room.actions)
  gatherDecisions(bitsOf(batch.oldLogProbs), events, bitsOf(room.oldLogProbs))
  gatherDecisions(bitsOf(batch.advantages), events, bitsOf(room.advantages))
  gatherDecisions(bitsOf(batch.valueTargets), events, bitsOf(room.valueTargets))
  if (batch.weights !== null) gatherDecisions(bitsOf(batch.weights), events, bitsOf(room.weights))
  for (const [s, targets] of (batch.costTargets ?? []).entries()) {
    const entries = room.actions.length
    gatherDecisions(bitsOf(targets), events, bitsOf(room.costTargets.subarray(s * entries, (s + 1) * entries)))
  }
  if (batch.direct !== null) gatherActions(batch.direct, events, room.direct)
  if (batch.recurrence !== null) gatherRows(batch.recurrence.resets, batch.eventCount, events, room.resets)
}

/**
 * A selection's events as arrays of their own.
 *
 * @example
 * await engine.update(selection, settings) // learns the same as
 * await engine.update(minibatchOf(selection), settings)
 */
export function minibatchOf(selection: Selection): Minibatch {
  const { batch } = selection
  const { stepCount, laneCount, size } = segmentsOf(selection)
  const counts = roomOf(batch, size)
  const float = (name: keyof MinibatchRoom) => new Float32Array(counts[name])
  const room: MinibatchRoom = {
    dense: float('dense'),
    categorical: new Uint16Array(counts.categorical),
    actions: new Uint8Array(counts.actions),
    oldLogProbs: float('oldLogProbs'),
    advantages: float('advantages'),
    valueTargets: float('valueTargets'),
    weights: float('weights'),
    costTargets: float('costTargets'),
    direct: float('direct'),
    resets: new Uint8Array(counts.resets),
    recurrentState: float('recurrentState'),
  }
  const events = eventsOf(selection)
  gatherBits(bitsOf(batch.dense), batch.eventCount, events, bitsOf(room.dense))
  gatherRows(batch.categorical, batch.eventCount, events, room.categorical)
  gatherLessons(batch, events, room)
  gatherStates(selection, room.recurrentState)
  const { costTargets, direct, weights, resets, recurrentState, ...rest } = room
  return {
    ...rest,
    size,
    weights: batch.weights === null ? new Float32Array(counts.actions).fill(1) : weights,
    constraints: batch.costTargets === null ? null : { costTargets },
    direct: batch.direct === null ? null : direct,
    recurrence: batch.recurrence === null ? null : { stepCount, laneCount, resets, recurrentState },
  }
}

/** [T, L] numbers of the events, in time order in each lane. */
export function eventsOf(selection: Selection): Uint32Array {
  const { batch, lanes } = selection
  if (batch.recurrence === null) return lanes
  const { stepCount, laneCount, size } = segmentsOf(selection)
  const { lanesPerShard } = batch.recurrence
  const events = new Uint32Array(size)
  for (const [l, lane] of lanes.entries()) {
    const shard = Math.floor(lane / lanesPerShard)
    for (let t = 0; t < stepCount; t++) {
      events[t * laneCount + l] = (shard * stepCount + t) * lanesPerShard + (lane % lanesPerShard)
    }
  }
  return events
}

/** The same memory as whole numbers, which are copied as they are: V8 widens and narrows every float that it copies. */
function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length)
}

/** [N, denseSize] -> [B, denseSize]; by itself because a loop that sees one kind of array is nearly twice as fast. */
function gatherBits(from: Int32Array, count: number, events: Uint32Array, to: Int32Array): void {
  const width = from.length / count
  let next = 0
  for (let b = 0; b < events.length; b++) {
    const end = (events[b] + 1) * width
    for (let at = events[b] * width; at < end; at++) to[next++] = from[at]
  }
}

/** [N, width] -> [B, width] */
function gatherRows<Values extends Uint16Array | Uint8Array>(
  from: Values,
  count: number,
  events: Uint32Array,
  to: Values,
): void {
  const width = from.length / count
  let next = 0
  for (let b = 0; b < events.length; b++) {
    const end = (events[b] + 1) * width
    for (let at = events[b] * width; at < end; at++) to[next++] = from[at]
  }
}

/** What the agents did in some events, [N, A] -> [A, B]. */
function gatherDecisions<Values extends Int32Array | Uint8Array>(from: Values, events: Uint32Array, to: Values): void {
  const A = to.length / events.length
  let next = 0
  // Agent by agent: places that are a power of two apart push each other out of the cache.
  for (let agent = 0; agent < A; agent++) {
    for (let b = 0; b < events.length; b++) to[next++] = from[events[b] * A + agent]
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

/** The states of a selection's lanes, [lane, A, H] -> [A, L, H]; nothing where nothing is remembered. */
export function gatherStates({ batch, lanes }: Selection, to: Float32Array): void {
  if (batch.recurrence === null) return
  const { recurrentState } = batch.recurrence
  const agentCount = batch.actions.length / batch.eventCount
  const H = to.length / (agentCount * lanes.length)
  for (let agent = 0; agent < agentCount; agent++) {
    for (const [l, lane] of lanes.entries()) {
      const first = (lane * agentCount + agent) * H
      to.set(recurrentState.subarray(first, first + H), (agent * lanes.length + l) * H)
    }
  }
}

/** Whether a minibatch is chosen from a batch. */
export function isSelection(minibatch: Minibatch | Selection): minibatch is Selection {
  return 'batch' in minibatch
}
