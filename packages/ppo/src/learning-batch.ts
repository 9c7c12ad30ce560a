import type { InputSource } from '@vigil/actors'
import type { LearningBatch } from '@vigil/engine'
import type { Batch } from './batch.ts'
import { gatherInputs } from './inputs.ts'

/**
 * What an engine learns from: a batch with what the agents saw in its events. The rows of a dataset lie far apart: they
 * are looked up once, and every pass over the batch copies from near by.
 *
 * @param weights [N, A] 0 or 1: which agent learns from which event; null = all from all
 * @param direct  [N, A, 4] what is gained from each agent's probability of each action; null = nothing beside the advantages
 */
export function learningBatchOf(
  batch: Batch,
  source: InputSource,
  { weights, direct }: { readonly weights: Float32Array | null; readonly direct: Float32Array | null },
): LearningBatch {
  const { eventCount, actions, logProbs, advantages, valueTargets, constraints, recurrence } = batch
  const inputs = {
    dense: new Float32Array(eventCount * source.denseCount + batch.context.length),
    categorical: new Uint16Array(eventCount * source.columnCount),
  }
  gatherInputs(source, batch, inputs)
  const costTargets = constraints?.costTargets ?? null
  const decisions = { actions, oldLogProbs: logProbs, advantages, valueTargets, weights, costTargets, direct }
  return { eventCount, ...inputs, ...decisions, recurrence }
}
