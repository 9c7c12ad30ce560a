/**
 * The score of a team per row: the mean of its agents' scores without the f highest and the f lowest (Yin et al. 2018).
 *
 * @param scores [n, A]
 * @returns [n]
 */
export function trimmedMeans(scores: Float32Array, agentCount: number, faults: number): Float32Array {
  const means = new Float32Array(scores.length / agentCount)
  const sorted = new Float32Array(agentCount)
  for (let row = 0; row < means.length; row++) {
    for (let agent = 0; agent < agentCount; agent++) insert(sorted, agent, scores[row * agentCount + agent])
    let sum = 0
    for (let place = faults; place < agentCount - faults; place++) sum += sorted[place]
    means[row] = sum / (agentCount - 2 * faults)
  }
  return means
}

/** Puts a score where it belongs among the first `count`, which are sorted; what is no number comes last. */
function insert(sorted: Float32Array, count: number, score: number): void {
  let place = count
  for (; place > 0 && (sorted[place - 1] > score || Number.isNaN(sorted[place - 1])); place--) {
    sorted[place] = sorted[place - 1]
  }
  sorted[place] = score
}
