import { randomPermutation, randomStream } from '@vigil/random'
import type { Minibatch } from '../engine/engine.ts'
import type { Batch } from './batch.ts'
import { fillInputs, type InputSource } from './inputs.ts'

/**
 * Cuts a batch into minibatches of one size, in an order that depends on seed, iteration and epoch alone. The arrays of
 * a minibatch are reused by the next one.
 *
 * @param weights [N, A] 0 or 1: which agent learns from which event; null = all from all
 */
export function* minibatchesOf(
  batch: Batch,
  source: InputSource,
  options: {
    readonly size: number
    readonly agentCount: number
    readonly seed: number
    /** Counts the passes over batches since training began. */
    readonly pass: number
    readonly weights: Float32Array | null
  },
): Generator<Minibatch> {
  const { size, agentCount: A } = options
  const K = batch.context.length / batch.eventCount
  const entries = A * size
  const minibatch = {
    size,
    dense: new Float32Array(size * (source.denseCount + K)),
    categorical: new Uint16Array(size * source.columnCount),
    actions: new Uint8Array(entries),
    oldLogProbs: new Float32Array(entries),
    advantages: new Float32Array(entries),
    valueTargets: new Float32Array(entries),
    weights: new Float32Array(entries).fill(1),
    recurrence: null,
  }
  const order = randomPermutation(randomStream(options.seed, 'minibatch'), batch.eventCount, options.pass)
  for (let first = 0; first + size <= order.length; first += size) {
    for (let b = 0; b < size; b++) {
      const event = order[first + b]
      const context = batch.context.subarray(event * K, (event + 1) * K)
      fillInputs(source, minibatch, { to: b, row: batch.rows[event], context })
      for (let agent = 0; agent < A; agent++) {
        const [from, to] = [event * A + agent, agent * size + b] // [N, A] -> [A, B]
        minibatch.actions[to] = batch.actions[from]
        minibatch.oldLogProbs[to] = batch.logProbs[from]
        minibatch.advantages[to] = batch.advantages[from]
        minibatch.valueTargets[to] = batch.valueTargets[from]
        if (options.weights !== null) minibatch.weights[to] = options.weights[from]
      }
    }
    yield minibatch
  }
}
