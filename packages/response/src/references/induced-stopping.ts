import type { ResponseSpec } from '@vigil/env-wasm'
import type { Streams } from '../streams.ts'

/**
 * Whether a quarantine at each event is at least as good as the best that could still be had by waiting: a later quarantine, or
 * none, with allow until then. Known in hindsight alone; a classifier that learns to tell it from what is seen induces a rule.
 *
 * @returns [N] 1 = stop, by row; 0 for rows of no stream
 */
export function stoppingLabels({ rows, streamStarts, labels, damage }: Streams, spec: ResponseSpec): Uint8Array {
  const stops = new Uint8Array(labels.length)
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
    const clean = rows.subarray(start, end).findIndex((row) => labels[row] === 1)
    const compromisedFrom = clean < 0 ? end : start + clean
    let [bestLater, benignLeft] = [0, 0]
    for (let position = end - 1; position >= start; position--) {
      const row = rows[position]
      const isThreat = labels[row] === 1
      if (!isThreat) benignLeft++
      const falsely = position >= compromisedFrom ? 0 : spec.falseContainment + spec.cutOffBenign * benignLeft
      const multiplier = damage === null ? 1 : damage[row]
      const waited = bestLater + (isThreat ? -multiplier * (spec.damage + spec.dwell) : spec.allowedBenign)
      const stopped = -spec.containment - falsely
      stops[row] = stopped >= waited ? 1 : 0
      bestLater = Math.max(stopped, waited)
    }
  }
  return stops
}
