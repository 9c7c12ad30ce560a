import { writeBlock } from '@vigil/blocks'
import { type NetworkSpec, UPDATE, type UpdateFields } from '@vigil/policy-wasm'
import { ADAM, adamCoefficients } from '../adam-coefficients.ts'
import { type Minibatch, SUPERVISED_MAX_GRAD_NORM, type SupervisedBatch, type UpdateSettings } from '../engine.ts'
import { type LearningMemory, SLICE_COUNT } from './learning-memory.ts'

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
  options: Omit<Update, 'learningRate'> & { readonly minibatch: Minibatch; readonly settings: UpdateSettings },
): Float64Array {
  const { learning, spec, minibatch, settings } = options
  const { size, weights, dense, categorical, actions, oldLogProbs, advantages, valueTargets, direct } = minibatch
  const { costTargets } = minibatch.constraints ?? NO_CONSTRAINTS
  const shares = new Float64Array(spec.agentCount)
  let isWhole = true
  for (let agent = 0; agent < spec.agentCount; agent++) {
    let count = 0
    for (let at = agent * size; at < (agent + 1) * size; at++) count += weights[at]
    shares[agent] = count === 0 ? 0 : 1 / count
    if (count !== size) isWhole = false
  }
  const events = { dense, categorical, actions, oldLogProbs, advantages, valueTargets, weights, costTargets }
  const batch = placeRows(learning, minibatch, { ...events, direct: direct ?? NO_DIRECT })
  describe({ ...options, learningRate: settings.learningRate }, size, shares, {
    ...batch,
    weights: isWhole ? 0 : batch.weights,
    direct: direct === null ? 0 : batch.direct,
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

const NO_CONSTRAINTS = { costTargets: new Float32Array() }
const NO_DIRECT = new Float32Array()

/** Describes an update by cross-entropy; as `describePpoUpdate`. */
export function describeSupervisedUpdate(update: Update & { readonly batch: SupervisedBatch }): Float64Array {
  const { learning, spec } = update
  const { size, dense, categorical, accepted } = update.batch
  const shares = new Float64Array(spec.agentCount).fill(1 / size)
  describe(update, size, shares, {
    ...placeRows(learning, update.batch, { dense, categorical, accepted }),
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

/** Copies a minibatch into the memory: where its arrays lie, and how its rows are cut into slices of lanes. */
function placeRows<Name extends string>(
  learning: LearningMemory,
  { size, recurrence }: Pick<Minibatch, 'size' | 'recurrence'>,
  arrays: Readonly<Record<Name, Float32Array | Uint16Array | Uint8Array>>,
) {
  const { stepCount, laneCount, resets, recurrentState } = recurrence ?? { ...FEED_FORWARD, laneCount: size }
  return {
    ...learning.placeBatch(stepCount, { ...arrays, resets, recurrentState }),
    stepCount,
    laneCount,
    // Blocks of four rows are the fastest.
    sliceLanes: 4 * Math.ceil(laneCount / SLICE_COUNT / 4),
  }
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
