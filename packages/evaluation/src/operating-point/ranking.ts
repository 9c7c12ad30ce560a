/** Every threshold that tells events apart, from the highest score to the lowest. */
export type Ranking = {
  /** [thresholds] descending; events with this score or a higher one are flagged */
  readonly thresholds: Float32Array
  /** [thresholds] threats that each threshold flags */
  readonly hits: Uint32Array
  /** [thresholds] benign events that each threshold flags */
  readonly falseAlarms: Uint32Array
  readonly threats: number
  readonly benign: number
}

/**
 * Equal scores share a threshold, so the order of tied events does not matter.
 *
 * @param scores [n] finite, higher = more threatening
 * @param labels [n] 1 = threat, 0 = benign
 */
export function rankingOf(scores: Float32Array, labels: Uint8Array): Ranking {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b)
  const lasts = Uint32Array.from(order.keys()).filter(
    (place) => place + 1 === order.length || scores[order[place + 1]] < scores[order[place]],
  )
  const hits = new Uint32Array(lasts.length)
  let [place, found] = [0, 0]
  for (let g = 0; g < lasts.length; g++) {
    for (; place <= lasts[g]; place++) found += labels[order[place]]
    hits[g] = found
  }
  return {
    thresholds: Float32Array.from(lasts, (last) => scores[order[last]]),
    hits,
    falseAlarms: lasts.map((last, g) => last + 1 - hits[g]),
    threats: found,
    benign: order.length - found,
  }
}
