import type { InputSource } from '@vigil/actors'
import type { LearningBatch } from '@vigil/engine'
import type { Batch } from './batch.ts'
import { gatherInputs } from './inputs.ts'

/** @see learningBatches */
export type LearningBatches = (
  batch: Batch,
  options: { readonly weights: Float32Array | null; readonly direct: Float32Array | null },
) => LearningBatch

/**
 * What an engine learns from: a batch with what the agents saw in its events. The rows of a dataset lie far apart: they
 * are looked up once, and every pass over the batch copies from near by.
 *
 * @returns a function; what it returns is overwritten by the next call. Its option `weights` is [N, A] 0 or 1: which agent
 *   learns from which event; null = all from all. `direct` is [N, A, 4] what is gained from each agent's probability of
 *   each action; null = nothing beside the advantages
 */
export function learningBatches(source: InputSource): LearningBatches {
  let inputs = { dense: new Float32Array(), categorical: new Uint16Array() }
  return (batch, { weights, direct }) => {
    const { eventCount, actions, logProbs, advantages, valueTargets, constraints, recurrence } = batch
    const denseLength = eventCount * source.denseCount + batch.context.length
    const categoricalLength = eventCount * source.columnCount
    // New arrays of this size in every iteration would keep the garbage collector busy.
    if (inputs.dense.length !== denseLength || inputs.categorical.length !== categoricalLength) {
      inputs = { dense: new Float32Array(denseLength), categorical: new Uint16Array(categoricalLength) }
    }
    gatherInputs(source, batch, inputs)
    const costTargets = constraints?.costTargets ?? null
    const decisions = { actions, oldLogProbs: logProbs, advantages, valueTargets, weights, costTargets, direct }
    return { eventCount, ...inputs, ...decisions, recurrence }
  }
}
