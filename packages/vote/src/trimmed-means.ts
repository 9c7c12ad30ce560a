/**
 * The score of a team per row: the mean of its agents' scores without the f highest and the f lowest (Yin et al. 2018).
 *
 * @param scores [n, A]
 * @returns [n]
 */
export function trimmedMeans(scores: Float32Array, agentCount: number, faults: number): Float32Array {
  return Float32Array.from({ length: scores.length / agentCount }, (_, row) => {
    const kept = scores
      .slice(row * agentCount, (row + 1) * agentCount)
      .sort()
      .subarray(faults, agentCount - faults)
    return kept.reduce((sum, score) => sum + score, 0) / kept.length
  })
}
