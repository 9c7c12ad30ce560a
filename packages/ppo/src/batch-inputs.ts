import type { InputSource } from '@vigil/actors'
import type { Batch } from './batch.ts'
import { gatherInputs } from './inputs.ts'

/**
 * What the agents saw in the N events of a batch, one event after another, and room for the B of a minibatch behind them.
 * The rows of a dataset lie far apart: they are looked up once, and every pass over the batch copies from near by.
 */
export type BatchInputs = {
  /** [N + B, D + K] */
  readonly dense: Float32Array
  /** [N + B, C] */
  readonly categorical: Uint16Array
  /** N */
  readonly eventCount: number
  /** B */
  readonly size: number
}

/** @param minibatchSize B at most: a recording may have fewer events than a minibatch */
export function batchInputsOf(batch: Batch, source: InputSource, minibatchSize: number): BatchInputs {
  const { eventCount } = batch
  const size = Math.min(minibatchSize, eventCount)
  const inputs = {
    dense: new Float32Array((eventCount + size) * (source.denseCount + batch.context.length / eventCount)),
    categorical: new Uint16Array((eventCount + size) * source.columnCount),
  }
  gatherInputs(
    source,
    batch,
    Uint32Array.from({ length: eventCount }, (_, event) => event),
    inputs,
  )
  return { ...inputs, eventCount, size }
}

/** The room for a minibatch, [B, D + K] and [B, C]: overwritten by `selectInputs`. */
export function minibatchInputs({ dense, categorical, eventCount, size }: BatchInputs) {
  const behind = (length: number) => (length / (eventCount + size)) * eventCount
  return {
    dense: dense.subarray(behind(dense.length)),
    categorical: categorical.subarray(behind(categorical.length)),
  }
}

/** @param events [B] numbers of the events among the batch's */
export function selectInputs({ dense, categorical, eventCount }: BatchInputs, events: Uint32Array): void {
  selectRows(dense, eventCount, events)
  selectRows(categorical, eventCount, events)
}

function selectRows(rows: Float32Array | Uint16Array, count: number, events: Uint32Array): void {
  const width = rows.length / (count + events.length)
  let to = count * width
  for (let b = 0; b < events.length; b++, to += width) {
    const from = events[b] * width
    rows.copyWithin(to, from, from + width)
  }
}
