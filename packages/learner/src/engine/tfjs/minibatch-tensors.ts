import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { ConstraintTargets, Minibatch, SupervisedBatch } from '../engine.ts'
import type { NetworkInput } from './layer-pass.ts'
import type { LossTargets } from './ppo-loss.ts'
import { recurrentInput } from './recurrent-input.ts'
import type { TeamArithmetic } from './team-arithmetic.ts'

/** Inputs of a minibatch, padded to the R rows that the arithmetic asks for. */
export function networkInput(
  arithmetic: TeamArithmetic,
  spec: NetworkSpec,
  batch: Pick<Minibatch, 'size' | 'dense' | 'categorical' | 'recurrence'>,
): NetworkInput {
  const rowCount = arithmetic.paddedRowCount(batch.size)
  const { denseSize } = spec
  const width = denseSize + 1
  const dense = new Float32Array(rowCount * width)
  for (let row = 0; row < batch.size; row++) {
    for (let column = 0; column < denseSize; column++) {
      dense[row * width + column] = batch.dense[row * denseSize + column]
    }
    dense[row * width + denseSize] = 1
  }
  return {
    dense: tf.tensor3d(dense, [1, rowCount, width]),
    categorical: spec.vocabularySizes.length === 0 ? null : arithmetic.categoricalInput(batch.categorical, batch.size),
    recurrence: batch.recurrence === null ? null : recurrentInput(arithmetic, spec, batch.recurrence),
  }
}

/** Targets of a minibatch for the PPO losses, padded with rows that have no share in any mean. */
export function lossTargets(arithmetic: TeamArithmetic, spec: NetworkSpec, minibatch: Minibatch): LossTargets {
  const { size } = minibatch
  const rowCount = arithmetic.paddedRowCount(size)
  const teamRows = (values: ArrayLike<number>): tf.Tensor2D =>
    tf.tensor2d(padRows({ values, size, rowCount }), [spec.agentCount, rowCount])
  return {
    actions: tf.cast(tf.oneHot(tf.cast(teamRows(minibatch.actions), 'int32'), 4), 'float32') as tf.Tensor3D,
    oldLogProbs: teamRows(minibatch.oldLogProbs),
    advantages: teamRows(minibatch.advantages),
    valueTargets: teamRows(minibatch.valueTargets),
    constraints:
      minibatch.constraints === null ? null : constraintTargets(minibatch.constraints, spec, { size, rowCount }),
    direct: minibatch.direct === null ? null : teamRows(minibatch.direct),
    rowShares: teamRows(rowShares(minibatch.weights, size)),
  }
}

/** [S, A, B] -> [A, R, S] and [S, B] -> [1, R, S]: in the columns of the head. */
function constraintTargets(
  { costTargets, satisfied }: ConstraintTargets,
  { agentCount, constraintCount }: NetworkSpec,
  rows: { readonly size: number; readonly rowCount: number },
): LossTargets['constraints'] {
  const columns = (values: Float32Array, agents: number) =>
    tf.transpose(
      tf.tensor3d(padRows({ values, ...rows }), [constraintCount, agents, rows.rowCount]),
      [1, 2, 0],
    ) as tf.Tensor3D
  return { costTargets: columns(costTargets, agentCount), satisfied: columns(satisfied, 1) }
}

/** Labels of a batch and the share of each row in the mean, both [1, R]. */
export function labelTargets(
  arithmetic: TeamArithmetic,
  batch: SupervisedBatch,
): { isThreat: tf.Tensor2D; rowShares: tf.Tensor2D } {
  const { size } = batch
  const rowCount = arithmetic.paddedRowCount(size)
  const shares = new Float32Array(rowCount).fill(1 / size, 0, size)
  return {
    isThreat: tf.tensor2d(padRows({ values: batch.labels, size, rowCount }), [1, rowCount]),
    rowShares: tf.tensor2d(shares, [1, rowCount]),
  }
}

/** Weights [A, B] over their sum per agent; an agent without weights keeps zeros. */
function rowShares(weights: Float32Array, size: number): Float32Array {
  const shares = new Float32Array(weights.length)
  for (let from = 0; from < weights.length; from += size) {
    let sum = 0
    for (let at = from; at < from + size; at++) sum += weights[at]
    if (sum === 0) continue
    for (let at = from; at < from + size; at++) shares[at] = weights[at] / sum
  }
  return shares
}

/** [A, B] -> [A, R], zeros in the rows added. */
function padRows(options: { values: ArrayLike<number>; size: number; rowCount: number }): Float32Array {
  const { values, size, rowCount } = options
  const padded = new Float32Array((values.length / size) * rowCount)
  for (let at = 0, row = 0, from = 0; at < values.length; at++) {
    padded[from + row] = values[at]
    row++
    if (row === size) {
      row = 0
      from += rowCount
    }
  }
  return padded
}
