/**
 * The mean of the middle half of some scores (arXiv:2108.13264, section 4.3): floor(n / 4) are left out at either end, as
 * `scipy.stats.trim_mean(scores, 0.25)` does. Of fewer than four scores it is their mean.
 *
 * @param scores [n] in any order and unit, at least one
 */
export function interquartileMean(scores: readonly number[]): number {
  const cut = Math.floor(scores.length / 4)
  return meanOf([...scores].sort((a, b) => a - b).slice(cut, scores.length - cut))
}

/** The arithmetic mean. @param scores [n], at least one */
export function meanOf(scores: readonly number[]): number {
  return scores.reduce((sum, score) => sum + score, 0) / scores.length
}
