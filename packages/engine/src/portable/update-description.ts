import { writeBlock } from '@vigil/blocks'
import { type NetworkSpec, UPDATE, type UpdateFields } from '@vigil/policy-wasm'
import { ADAM, adamCoefficients } from '../adam-coefficients.ts'
import {
  type Minibatch,
  type Selection,
  SUPERVISED_MAX_GRAD_NORM,
  type SupervisedBatch,
  type UpdateSettings,
} from '../engine.ts'
import { copyBatch, eventsOf, gatherStates, isSelection, minibatchOf, roomOf, segmentsOf } from '../selection.ts'
import { type BatchArrays, bytesOf, type LearningMemory, SLICE_COUNT } from './learning-memory.ts'

/** What is the same in an update by PPO and by cross-entropy. */
type Update = {
  readonly spec: NetworkSpec
  readonly learning: LearningMemory
  readonly learningRate: number
  /** Of Adam, from 1. */
  readonly step: number
}

/**
 * Describes a PPO update in the memory, ready for the threads.
 *
 * @returns [A] 1 over the number of rows that each agent learns from, 0 where there is none
 */
export function describePpoUpdate(
  options: Omit<Update, 'learningRate'> & {
    readonly minibatch: Minibatch | Selection
    readonly settings: UpdateSettings
  },
): Float64Array {
  const { spec, minibatch, settings } = options
  const { stepCount, laneCount, size, storedCount, room, offsets } = isSelection(minibatch)
    ? placeSelection(options, minibatch)
    : placeMinibatch(options, minibatch)
  const { storedRows, weights } = room
  const shares = new Float64Array(spec.agentCount).fill(1 / size)
  let isWhole = true
  for (let agent = 0; agent < spec.agentCount && weights.length > 0; agent++) {
    const first = agent * storedCount
    let count = 0
    for (let event = 0; event < size; event++)
      count += weights[first + (storedRows === null ? event : storedRows[event])]
    shares[agent] = count === 0 ? 0 : 1 / count
    if (count !== size) isWhole = false
  }
  describe({ ...options, learningRate: settings.learningRate }, size, shares, {
    ...offsets,
    ...segmentFields(stepCount, laneCount),
    storedCount,
    weights: isWhole ? 0 : weights.byteOffset,
    direct: room.direct.length === 0 ? 0 : room.direct.byteOffset,
    accepted: 0,
    supervised: 0,
    trunkCount: spec.valueHidden === null ? 1 : 2,
    clipLow: 1 - settings.clipEpsilon,
    clipHigh: 1 + settings.clipEpsilon,
    clipEpsilon: settings.clipEpsilon,
    entropyCoef: settings.entropyCoef,
    valueCoef: settings.valueCoef,
    constraintCoef: settings.constraintCoef,
    maxNormPolicy: settings.maxGradNormPolicy,
    maxNormValue: settings.maxGradNormValue,
  })
  return shares
}

/** The batch is copied with its first selection; of the next ones the numbers of their events are enough. */
function placeSelection(options: Pick<Update, 'learning'>, selection: Selection) {
  const { learning } = options
  const { batch } = selection
  const { recurrentState: _, ...stored } = roomOf(batch, batch.eventCount)
  if (bytesOf(stored) > learning.storedBytesMax) return placeMinibatch(options, minibatchOf(selection))
  const { stepCount, laneCount, size } = segmentsOf(selection)
  const own = { storedRows: size, recurrentState: roomOf(batch, size).recurrentState }
  const room = learning.placeSelection(batch, stepCount, { stored, own }, (arrays) => copyBatch(batch, arrays))
  room.storedRows.set(eventsOf(selection))
  gatherStates(selection, room.recurrentState)
  return { stepCount, laneCount, size, storedCount: batch.eventCount, room, offsets: offsetsOf(room) }
}

function placeMinibatch({ learning }: Pick<Update, 'learning'>, minibatch: Minibatch) {
  const { size, recurrence, constraints, direct, ...arrays } = minibatch
  const { costTargets } = constraints ?? NO_CONSTRAINTS
  const { stepCount, laneCount, resets, recurrentState } = recurrence ?? { ...FEED_FORWARD, laneCount: size }
  const given = { ...arrays, costTargets, direct: direct ?? NO_DIRECT, resets, recurrentState }
  const room = placeArrays(learning, stepCount, given)
  const offsets = { ...offsetsOf(room), storedRows: 0 }
  return { stepCount, laneCount, size, storedCount: size, room: { ...room, storedRows: null }, offsets }
}

const NO_CONSTRAINTS = { costTargets: new Float32Array() }
const NO_DIRECT = new Float32Array()

/** Describes an update by cross-entropy; as `describePpoUpdate`. */
export function describeSupervisedUpdate(update: Update & { readonly batch: SupervisedBatch }): Float64Array {
  const { learning, spec } = update
  const { size, dense, categorical, accepted, recurrence } = update.batch
  const { stepCount, laneCount, resets, recurrentState } = recurrence ?? { ...FEED_FORWARD, laneCount: size }
  const arrays = { dense, categorical, accepted, resets, recurrentState }
  const shares = new Float64Array(spec.agentCount).fill(1 / size)
  describe(update, size, shares, {
    ...offsetsOf(placeArrays(learning, stepCount, arrays)),
    ...segmentFields(stepCount, laneCount),
    storedCount: size,
    storedRows: 0,
    actions: 0,
    oldLogProbs: 0,
    advantages: 0,
    valueTargets: 0,
    weights: 0,
    costTargets: 0,
    direct: 0,
    supervised: 1,
    trunkCount: 1,
    clipLow: 0,
    clipHigh: 0,
    clipEpsilon: 0,
    entropyCoef: 0,
    valueCoef: 0,
    constraintCoef: 0,
    maxNormPolicy: SUPERVISED_MAX_GRAD_NORM,
    maxNormValue: 0,
  })
  return shares
}

/** Copies arrays of a minibatch into the memory. */
function placeArrays<Arrays extends Partial<BatchArrays>>(learning: LearningMemory, stepCount: number, arrays: Arrays) {
  const entries = Object.entries(arrays)
  const counts = Object.fromEntries(entries.map(([name, { length }]) => [name, length]))
  const room = learning.placeBatch(stepCount, counts as Record<keyof Arrays & keyof BatchArrays, number>)
  for (const [name, array] of entries) room[name as keyof typeof room].set(array)
  return room
}

/** Where the arrays lie. */
function offsetsOf<Name extends string>(room: Readonly<Record<Name, { readonly byteOffset: number }>>) {
  const offsets = Object.entries<{ readonly byteOffset: number }>(room).map(([name, array]) => [name, array.byteOffset])
  return Object.fromEntries(offsets) as Record<Name, number>
}

/** How rows are cut into slices of lanes. Blocks of four rows are the fastest. */
function segmentFields(stepCount: number, laneCount: number) {
  return { stepCount, laneCount, sliceLanes: 4 * Math.ceil(laneCount / SLICE_COUNT / 4) }
}

const FEED_FORWARD = { stepCount: 1, resets: new Uint8Array(), recurrentState: new Float32Array() }

/** Fields that this file fills in for both kinds of update. */
type CommonField = keyof ReturnType<typeof commonFields>

function describe(update: Update, size: number, shares: Float64Array, fields: Omit<UpdateFields, CommonField>): void {
  const { learning, spec } = update
  const { buffer } = learning.memory
  const trunks = fields.trunkCount * spec.agentCount
  new Float32Array(buffer, learning.rowShares, shares.length).set(shares)
  const progress = new Int32Array(buffer, learning.progress, 1 + trunks)
  progress.fill(SLICE_COUNT)
  progress[0] = 0
  writeBlock(UPDATE, { buffer, at: learning.update }, { ...commonFields(update, size), ...fields })
}

function commonFields({ learning, learningRate, step }: Update, size: number) {
  const { plan, parameters, firstMoment, secondMoment, inputMask, gradients, agentStride } = learning
  const { rowShares, statistics, gradientNorms, gradientScales, progress } = learning
  return {
    plan,
    parameters,
    firstMoment,
    secondMoment,
    inputMask,
    gradients,
    agentStride,
    rowShares,
    statistics,
    gradientNorms,
    gradientScales,
    progress,
    sliceCount: SLICE_COUNT,
    rowCount: size,
    beta1: ADAM.beta1,
    beta1Rest: 1 - ADAM.beta1,
    beta2: ADAM.beta2,
    beta2Rest: 1 - ADAM.beta2,
    ...adamCoefficients({ learningRate, step }),
  }
}
