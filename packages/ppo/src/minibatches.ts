import type { LearningBatch, Selection } from '@vigil/engine'
import { randomPermutation, randomStream } from '@vigil/random'

/**
 * Cuts a batch into minibatches of one size, in an order that depends on seed and pass alone.
 *
 * A feed-forward team learns from events in any order. A recurrent one lives through each lane again from the state that
 * was stored before its first step: lanes are shuffled, never their steps, and a minibatch holds whole lanes.
 *
 * @param options.size events of a minibatch at most: a recording may have fewer
 */
export function* minibatchesOf(
  batch: LearningBatch,
  options: {
    readonly size: number
    readonly seed: number
    /** Counts the passes over batches since training began. */
    readonly pass: number
  },
): Generator<Selection> {
  const { eventCount, recurrence } = batch
  const stepCount = recurrence?.stepCount ?? 1
  const laneCount = Math.min(options.size, eventCount) / stepCount
  const order = randomPermutation(randomStream(options.seed, 'minibatch'), eventCount / stepCount, options.pass)
  for (let first = 0; first + laneCount <= order.length; first += laneCount) {
    yield { batch, lanes: order.subarray(first, first + laneCount) }
  }
}
