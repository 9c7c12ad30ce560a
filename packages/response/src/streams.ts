import type { SiteOrder } from '@vigil/env-wasm'
import { responseError } from './errors.ts'

/**
 * Recorded streams and what decisions on them need: one part of a split, beside the labels and consequences of its dataset.
 * A position is a place in `rows`; stream s has the positions from streamStarts[s] to before streamStarts[s + 1], in time order.
 */
export type Streams = {
  /** [n] row numbers of the dataset */
  readonly rows: Uint32Array
  /** [streams + 1] */
  readonly streamStarts: Uint32Array
  /** [N] 1 = threat, 0 = benign, by row as the two below */
  readonly labels: Uint8Array
  /** [N] likelihood of the event as a threat over its likelihood as a benign one, above 0; null where nobody knows it */
  readonly ratios: Float32Array | null
  /** Probability that a benign stream turns hostile with its next event; 0 = each event is judged by itself */
  readonly hazard: number
  /** [N] damage multiplier of a threat; null = 1 for all */
  readonly damage: Float32Array | null
  /** [N] the part of that multiplier that is known before anybody acts, the same for all events of a stream; absent = none is */
  readonly criticality?: Float32Array
  /** Order of the events in time, where streams share the analysts of their site (layout `site`) */
  readonly order?: SiteOrder
}

/** Whether any event of a stream is a threat, also one that a containment would cut off. */
export function hasThreat({ rows, streamStarts, labels }: Streams, stream: number): boolean {
  return rows.subarray(streamStarts[stream], streamStarts[stream + 1]).some((row) => labels[row] === 1)
}

/** Checks what can be checked at once: walks are many. @throws {VigilError} STREAMS */
export function assertStreams({ rows, streamStarts, labels, ratios, hazard, damage }: Streams): void {
  const streamCount = streamStarts.length - 1
  const areDivided = streamCount >= 0 && streamStarts[0] === 0 && streamStarts[streamCount] === rows.length
  if (!areDivided)
    throw wrong(
      'streamStarts',
      `must rise from 0 to ${rows.length}`,
      `${streamStarts[0]} to ${streamStarts[streamCount]}`,
    )
  for (const [name, values] of Object.entries({ ratios, damage }))
    if (values !== null && values.length !== labels.length)
      throw wrong(name, `must hold ${labels.length} values, one a row`, String(values.length))
  if (!(hazard >= 0 && hazard < 1)) throw wrong('hazard', 'must be in [0, 1)', String(hazard))
}

function wrong(field: string, requirement: string, received: string) {
  return responseError('STREAMS', { field, requirement, received, remedy: 'Pass one part of a loaded dataset' })
}
