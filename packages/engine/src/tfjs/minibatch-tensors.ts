import { columnOffsets, type NetworkSpec, recurrentStateSize } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { Minibatch, Recurrence, SupervisedBatch } from '../engine.ts'
import type { LossTargets } from './ppo-loss.ts'
import type { NetworkInput, RecurrentInput } from './team-network.ts'

/** Inputs of a minibatch. */
export function networkInput(
  spec: NetworkSpec,
  batch: Pick<Minibatch, 'size' | 'dense' | 'categorical' | 'recurrence'>,
): NetworkInput {
  const offsets = columnOffsets(spec)
  const entries = Int32Array.from(batch.categorical, (category, at) => category + offsets[at % offsets.length])
  return {
    dense: tf.tensor3d(batch.dense, [1, batch.size, spec.denseSize]),
    entries: offsets.length === 0 ? null : tf.tensor1d(entries, 'int32'),
    recurrence: batch.recurrence === null ? null : recurrentInput(spec, batch.recurrence),
  }
}

function recurrentInput(
  spec: NetworkSpec,
  { stepCount, laneCount, resets, recurrentState }: Recurrence,
): RecurrentInput {
  return {
    keep: Array.from({ length: stepCount }, (_, step) => {
      const own = resets.subarray(step * laneCount, (step + 1) * laneCount)
      return tf.tensor3d(
        Float32Array.from(own, (reset) => 1 - reset),
        [1, laneCount, 1],
      )
    }),
    recurrentState: tf.tensor3d(recurrentState, [spec.agentCount, laneCount, recurrentStateSize(spec)]),
  }
}

/** Targets of a minibatch for the PPO losses. */
export function lossTargets(spec: NetworkSpec, minibatch: Minibatch): LossTargets {
  const teamRows = (values: Float32Array) => tf.tensor2d(values, [spec.agentCount, minibatch.size])
  const actions = tf.tensor2d(Int32Array.from(minibatch.actions), [spec.agentCount, minibatch.size], 'int32')
  const weights = teamRows(minibatch.weights)
  return {
    // `wasm` makes wrong floats of its own here.
    actions: tf.cast(tf.oneHot(actions, 4), 'float32') as tf.Tensor3D,
    oldLogProbs: teamRows(minibatch.oldLogProbs),
    advantages: teamRows(minibatch.advantages),
    valueTargets: teamRows(minibatch.valueTargets),
    costTargets:
      minibatch.constraints === null ? null : columnsOfHead(minibatch.constraints.costTargets, spec, minibatch.size),
    direct: minibatch.direct === null ? null : tf.tensor3d(minibatch.direct, [spec.agentCount, minibatch.size, 4]),
    // An agent without rows keeps zeros.
    rowShares: tf.div(weights, tf.maximum(tf.sum(weights, 1, true), 1)),
  }
}

/** [S, A, B] -> [A, B, S] */
function columnsOfHead(
  costTargets: Float32Array,
  { agentCount, constraintCount }: NetworkSpec,
  size: number,
): tf.Tensor3D {
  return tf.transpose(tf.tensor3d(costTargets, [constraintCount, agentCount, size]), [1, 2, 0])
}

/** Which actions are right in each row of a batch, [1, B, 4]. */
export function acceptedTensor({ accepted, size }: SupervisedBatch): tf.Tensor3D {
  return tf.tensor3d(
    Float32Array.from({ length: 4 * size }, (_, i) => (accepted[i >> 2] >> (i & 3)) & 1),
    [1, size, 4],
  )
}
