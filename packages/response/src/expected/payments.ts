import type { ResponseSpec } from '@vigil/env-wasm'
import type { Streams } from '../streams.ts'

/**
 * What each action on each event of a recording pays: allow, block and alert at once, quarantine up to the end of the stream,
 * since nothing follows it. A blocked intruder goes on (`fail-soft`), and nobody answers an alert.
 *
 * @returns [n, 4] by position and action, in reward units
 */
export function payments({ rows, streamStarts, labels, damage }: Streams, spec: ResponseSpec): Float64Array {
  const paid = new Float64Array(4 * rows.length)
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
    const own = rows.subarray(start, end)
    let benignAhead = own.reduce((sum, row) => sum + 1 - labels[row], 0)
    let isCompromised = false
    for (let position = start; position < end; position++) {
      const row = rows[position]
      const isThreat = labels[row] === 1
      isCompromised ||= isThreat
      const m = damage === null ? 1 : damage[row]
      const allow = isThreat ? -m * (spec.damage + spec.dwell) : spec.allowedBenign
      const block = isThreat ? -m * spec.dwell : -spec.blockedBenign
      const isFalse = isCompromised ? 0 : 1
      const quarantine = -spec.containment - isFalse * (spec.falseContainment + spec.cutOffBenign * benignAhead)
      paid.set([allow, block, quarantine, allow - spec.alertCost], 4 * position)
      if (!isThreat) benignAhead--
    }
  }
  return paid
}

/** What each event pays more when it is blocked than when it is let through; what follows is the same. @returns [n] by position */
export function blockGains(streams: Streams, spec: ResponseSpec): Float32Array {
  const paid = payments(streams, spec)
  return Float32Array.from(streams.rows, (_, position) => paid[4 * position + 1] - paid[4 * position])
}
