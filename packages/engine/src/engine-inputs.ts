import { type NetworkSpec, recurrentStateSize } from '@vigil/policy-wasm'
import type { LearningBatch, Minibatch, OptimiserState, Selection, SupervisedBatch, UpdateSettings } from './engine.ts'
import { engineError } from './errors.ts'
import { isSelection } from './selection.ts'

/**
 * Every array of the minibatch has the length that the spec asks for, and every action and category is in range.
 *
 * @throws {VigilError} MINIBATCH_SHAPE naming the field
 */
export function assertMinibatch(minibatch: Minibatch | Selection, spec: NetworkSpec): void {
  if (isSelection(minibatch)) assertSelection(minibatch, spec)
  else assertArrays(minibatch, spec)
}

function assertArrays(minibatch: Minibatch, spec: NetworkSpec): void {
  assertRows(minibatch, spec)
  const teamRows = spec.agentCount * minibatch.size
  for (const field of ['actions', 'oldLogProbs', 'advantages', 'valueTargets', 'weights'] as const) {
    assertLength(field, '[A, B]', minibatch[field].length, teamRows)
  }
  if (minibatch.direct !== null) assertLength('direct', '[A, B, 4]', minibatch.direct.length, 4 * teamRows)
  assertConstraints(minibatch, spec)
  assertActions(minibatch.actions)
}

function assertActions(actions: Uint8Array): void {
  const outside = actions.find((action) => action > 3)
  if (outside !== undefined) throw engineError('MINIBATCH_SHAPE', `actions must be 0 to 3, but one is ${outside}.`)
}

/** Batches that fit, with the network that they fit: a batch serves many minibatches, and is looked at once. */
const FITTING = new WeakMap<LearningBatch, NetworkSpec>()

function assertSelection({ batch, lanes }: Selection, spec: NetworkSpec): void {
  if (FITTING.get(batch) !== spec) assertBatch(batch, spec)
  FITTING.set(batch, spec)
  const laneCount = batch.eventCount / (batch.recurrence?.stepCount ?? 1)
  if (lanes.length < 1) throw engineError('MINIBATCH_SHAPE', 'lanes must name at least one lane, but is empty.')
  for (let index = 0; index < lanes.length; index++) {
    if (lanes[index] < laneCount) continue
    throw engineError('MINIBATCH_SHAPE', `lanes must be below ${laneCount}, but one is ${lanes[index]}.`)
  }
}

function assertBatch(batch: LearningBatch, spec: NetworkSpec): void {
  const { eventCount, recurrence, costTargets } = batch
  const lanes = recurrence && {
    ...recurrence,
    laneCount: eventCount / recurrence.stepCount,
  }
  assertRows({ ...batch, size: eventCount, recurrence: lanes }, spec)
  const decisions = spec.agentCount * eventCount
  for (const field of ['actions', 'oldLogProbs', 'advantages', 'valueTargets', 'weights'] as const) {
    assertLength(field, '[N, A]', batch[field]?.length ?? decisions, decisions)
  }
  if (batch.direct !== null) assertLength('direct', '[N, A, 4]', batch.direct.length, 4 * decisions)
  assertLength('costTargets', '[S]', costTargets?.length ?? 0, spec.constraintCount)
  for (const targets of costTargets ?? []) assertLength('costTargets[s]', '[N, A]', targets.length, decisions)
  if (lanes !== null && !(lanes.lanesPerShard >= 1 && lanes.laneCount % lanes.lanesPerShard === 0)) {
    throw engineError(
      'MINIBATCH_SHAPE',
      `recurrence.lanesPerShard must divide the ${lanes.laneCount} lanes, but is ${lanes.lanesPerShard}.`,
    )
  }
  assertActions(batch.actions)
}

/**
 * As `assertMinibatch`, for rows with their right actions.
 *
 * @throws {VigilError} MINIBATCH_SHAPE naming the field
 */
export function assertSupervisedBatch(batch: SupervisedBatch, spec: NetworkSpec): void {
  assertRows(batch, spec)
  assertLength('accepted', '[B]', batch.accepted.length, batch.size)
  const outside = batch.accepted.find((actions) => actions < 1 || actions > 15)
  if (outside !== undefined) {
    throw engineError('MINIBATCH_SHAPE', `accepted must be sets of actions, 1 to 15, but one is ${outside}.`)
  }
}

/** @throws {VigilError} SETTINGS naming the field */
export function assertUpdateSettings(settings: UpdateSettings): void {
  for (const field of ['learningRate', 'clipEpsilon', 'maxGradNormPolicy', 'maxGradNormValue'] as const) {
    assertPositive(field, settings[field])
  }
  if (settings.targetKl !== null) assertPositive('targetKl', settings.targetKl)
  for (const field of ['entropyCoef', 'valueCoef', 'constraintCoef'] as const) {
    if (!(settings[field] >= 0 && Number.isFinite(settings[field]))) {
      throw engineError('SETTINGS', `${field} must be a finite number of at least 0, but is ${settings[field]}.`)
    }
  }
}

/** @throws {VigilError} SETTINGS */
export function assertLearningRate(learningRate: number): void {
  assertPositive('learningRate', learningRate)
}

/**
 * @param length of the array received
 * @param expected A * P
 * @throws {VigilError} STATE_SHAPE
 */
export function assertStateLength(field: string, length: number, expected: number): void {
  if (length !== expected) {
    throw engineError(
      'STATE_SHAPE',
      `${field} must hold A * P = ${expected} values, but holds ${length}. It belongs to a network of another shape.`,
    )
  }
}

/** @throws {VigilError} STATE_SHAPE */
export function assertOptimiserState(state: OptimiserState, expected: number): void {
  assertStateLength('firstMoment', state.firstMoment.length, expected)
  assertStateLength('secondMoment', state.secondMoment.length, expected)
  if (!Number.isSafeInteger(state.step) || state.step < 0) {
    throw engineError('STATE_SHAPE', `step must be an integer of at least 0, but is ${state.step}.`)
  }
}

function assertPositive(field: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return
  throw engineError('SETTINGS', `${field} must be a finite number above 0, but is ${value}.`)
}

type Rows = Pick<Minibatch, 'size' | 'dense' | 'categorical' | 'recurrence'>

function assertRows(batch: Rows, spec: NetworkSpec): void {
  if (!Number.isSafeInteger(batch.size) || batch.size < 1) {
    throw engineError('MINIBATCH_SHAPE', `size must be an integer of at least 1, but is ${batch.size}.`)
  }
  const columnCount = spec.vocabularySizes.length
  assertLength('dense', '[B, denseSize]', batch.dense.length, batch.size * spec.denseSize)
  assertLength('categorical', '[B, C]', batch.categorical.length, batch.size * columnCount)
  for (let row = 0, at = 0; row < batch.size; row++) {
    for (let column = 0; column < columnCount; column++, at++) {
      if (batch.categorical[at] >= spec.vocabularySizes[column]) {
        throw engineError(
          'MINIBATCH_SHAPE',
          `categorical[row ${row}, column ${column}] must be below the vocabulary size ` +
            `${spec.vocabularySizes[column]}, but is ${batch.categorical[at]}.`,
        )
      }
    }
  }
  assertRecurrence(batch, spec)
}

function assertRecurrence({ size, recurrence }: Rows, spec: NetworkSpec): void {
  const isRecurrent = spec.lstmHidden.length > 0
  if (recurrence === null || !isRecurrent) {
    if ((recurrence !== null) === isRecurrent) return
    throw engineError(
      'MINIBATCH_SHAPE',
      isRecurrent
        ? 'recurrence must say how the rows follow one another, because the network has LSTM layers, but is null.'
        : 'recurrence must be null, because the network has no LSTM layers, but is given.',
    )
  }
  const { stepCount, laneCount, resets, recurrentState } = recurrence
  const areCounts = [stepCount, laneCount].every((count) => Number.isSafeInteger(count) && count >= 1)
  if (!areCounts || stepCount * laneCount !== size) {
    throw engineError(
      'MINIBATCH_SHAPE',
      `recurrence.stepCount and laneCount must be integers of at least 1 whose product is size = ${size}, ` +
        `but are ${stepCount} and ${laneCount}.`,
    )
  }
  assertLength('recurrence.resets', '[T, L]', resets.length, size)
  assertLength(
    'recurrence.recurrentState',
    '[A, L, H]',
    recurrentState.length,
    spec.agentCount * laneCount * recurrentStateSize(spec),
  )
  const reset = resets.find((value) => value > 1)
  if (reset !== undefined) {
    throw engineError('MINIBATCH_SHAPE', `recurrence.resets must be 0 or 1, but one is ${reset}.`)
  }
  // A callback would make an object of each of the many numbers.
  for (let i = 0; i < recurrentState.length; i++) {
    if (Number.isFinite(recurrentState[i])) continue
    throw engineError('MINIBATCH_SHAPE', `recurrence.recurrentState must be finite, but holds ${recurrentState[i]}.`)
  }
}

function assertConstraints({ size, constraints }: Minibatch, { agentCount, constraintCount }: NetworkSpec): void {
  if (constraints === null || constraintCount === 0) {
    if ((constraints === null) === (constraintCount === 0)) return
    throw engineError(
      'MINIBATCH_SHAPE',
      constraints === null
        ? `constraints must hold the targets of the network's ${constraintCount} specifications, but is null.`
        : 'constraints must be null, because the network has no outputs for specifications, but is given.',
    )
  }
  assertLength(
    'constraints.costTargets',
    '[S, A, B]',
    constraints.costTargets.length,
    constraintCount * agentCount * size,
  )
}

function assertLength(field: string, shape: string, length: number, expected: number): void {
  if (length !== expected) {
    throw engineError(
      'MINIBATCH_SHAPE',
      `${field} must have the shape ${shape} = ${expected} values, but has ${length}.`,
    )
  }
}
