import type { NetworkSpec } from '@vigil/policy-wasm'
import type { Minibatch, OptimiserState, SupervisedBatch, UpdateSettings } from './engine.ts'
import { EngineError } from './errors.ts'

/**
 * Every array of the minibatch has the length that the spec asks for, and every action and category is in range.
 *
 * @throws {EngineError} MINIBATCH_SHAPE naming the field
 */
export function assertMinibatch(minibatch: Minibatch, spec: NetworkSpec): void {
  assertRows(minibatch, spec)
  const teamRows = spec.agentCount * minibatch.size
  for (const field of ['actions', 'oldLogProbs', 'advantages', 'valueTargets', 'weights'] as const) {
    assertLength(field, '[A, B]', minibatch[field].length, teamRows)
  }
  const outside = minibatch.actions.find((action) => action > 3)
  if (outside !== undefined) {
    throw new EngineError('MINIBATCH_SHAPE', `actions must be 0 to 3, but one is ${outside}.`)
  }
}

/**
 * As `assertMinibatch`, for labelled rows.
 *
 * @throws {EngineError} MINIBATCH_SHAPE naming the field
 */
export function assertSupervisedBatch(batch: SupervisedBatch, spec: NetworkSpec): void {
  assertRows(batch, spec)
  assertLength('labels', '[B]', batch.labels.length, batch.size)
  const outside = batch.labels.find((label) => label > 1)
  if (outside !== undefined) {
    throw new EngineError('MINIBATCH_SHAPE', `labels must be 0 or 1, but one is ${outside}.`)
  }
}

/** @throws {EngineError} SETTINGS naming the field */
export function assertUpdateSettings(settings: UpdateSettings): void {
  for (const field of ['learningRate', 'clipEpsilon', 'maxGradNormPolicy', 'maxGradNormValue'] as const) {
    assertPositive(field, settings[field])
  }
  for (const field of ['entropyCoef', 'valueCoef'] as const) {
    if (!(settings[field] >= 0 && Number.isFinite(settings[field]))) {
      throw new EngineError('SETTINGS', `${field} must be a finite number of at least 0, but is ${settings[field]}.`)
    }
  }
}

/** @throws {EngineError} SETTINGS */
export function assertLearningRate(learningRate: number): void {
  assertPositive('learningRate', learningRate)
}

/**
 * @param length of the array received
 * @param expected A * P
 * @throws {EngineError} STATE_SHAPE
 */
export function assertStateLength(field: string, length: number, expected: number): void {
  if (length !== expected) {
    throw new EngineError(
      'STATE_SHAPE',
      `${field} must hold A * P = ${expected} values, but holds ${length}. It belongs to a network of another shape.`,
    )
  }
}

/** @throws {EngineError} STATE_SHAPE */
export function assertOptimiserState(state: OptimiserState, expected: number): void {
  assertStateLength('firstMoment', state.firstMoment.length, expected)
  assertStateLength('secondMoment', state.secondMoment.length, expected)
  if (!Number.isSafeInteger(state.step) || state.step < 0) {
    throw new EngineError('STATE_SHAPE', `step must be an integer of at least 0, but is ${state.step}.`)
  }
}

function assertPositive(field: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return
  throw new EngineError('SETTINGS', `${field} must be a finite number above 0, but is ${value}.`)
}

function assertRows(batch: Pick<Minibatch, 'size' | 'dense' | 'categorical'>, spec: NetworkSpec): void {
  if (!Number.isSafeInteger(batch.size) || batch.size < 1) {
    throw new EngineError('MINIBATCH_SHAPE', `size must be an integer of at least 1, but is ${batch.size}.`)
  }
  const columnCount = spec.vocabularySizes.length
  assertLength('dense', '[B, denseSize]', batch.dense.length, batch.size * spec.denseSize)
  assertLength('categorical', '[B, C]', batch.categorical.length, batch.size * columnCount)
  for (let row = 0, at = 0; row < batch.size; row++) {
    for (let column = 0; column < columnCount; column++, at++) {
      if (batch.categorical[at] >= spec.vocabularySizes[column]) {
        throw new EngineError(
          'MINIBATCH_SHAPE',
          `categorical[row ${row}, column ${column}] must be below the vocabulary size ` +
            `${spec.vocabularySizes[column]}, but is ${batch.categorical[at]}.`,
        )
      }
    }
  }
}

function assertLength(field: string, shape: string, length: number, expected: number): void {
  if (length !== expected) {
    throw new EngineError(
      'MINIBATCH_SHAPE',
      `${field} must have the shape ${shape} = ${expected} values, but has ${length}.`,
    )
  }
}
