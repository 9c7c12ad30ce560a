import { isViolated } from '@vigil/ppo'

/** Contiguous stretches of a split that count as independent. */
const BLOCKS = 20

/** 97.5 % quantile of Student's t distribution with BLOCKS - 1 degrees of freedom. */
const T_QUANTILE = 2.093

/**
 * A 95 % interval of the share of satisfied steps. Neighbouring steps share most of their windows and often their stream,
 * so n steps are far from n observations: the split is cut into 20 contiguous blocks, whose shares are taken for
 * independent (batch means: Law and Kelton 2000, section 9.5.3), and their spread says how many independent observations the
 * steps are worth, n' = p (1 - p) / (variance of the mean). The interval is Wilson's (1927) for n' observations with the
 * quantile of Student's t in place of the normal one: inside [0, 1], and of some width where no step violates.
 *
 *   p' = (p + t^2 / (2 n')) / (1 + t^2 / n')
 *   p' +- t / (1 + t^2 / n') sqrt(p (1 - p) / n' + t^2 / (4 n'^2))
 *
 * A spread that few runs of equal steps make is hardly known, and without any nothing is: n' is at most the number of blocks,
 * and as much again for each run of whatever is rarer, violated or satisfied.
 *
 * Differs from a bootstrap of blocks: that has no width where every block is satisfied throughout, and needs draws.
 *
 * @param values robustness [n]; of fewer than 20 steps every step is a block
 * @returns lower and upper end
 */
export function satisfactionInterval(values: Float64Array): [number, number] {
  const n = values.length
  if (n === 0) return [0, 1]
  const blockCount = Math.min(BLOCKS, n)
  const shares = Array.from({ length: blockCount }, (_, block) => {
    const stretch = values.subarray(Math.floor((block * n) / blockCount), Math.floor(((block + 1) * n) / blockCount))
    return stretch.reduce((sum, value) => sum + (isViolated(value) ? 0 : 1), 0) / stretch.length
  })
  const p = values.reduce((sum, value) => sum + (isViolated(value) ? 0 : 1), 0) / n
  const spread = shares.reduce((sum, share) => sum + (share - p) ** 2, 0)
  const variance = blockCount < 2 ? 0 : spread / (blockCount - 1) / blockCount
  const most = Math.min(n, blockCount * (1 + rarerRuns(values)))
  // At least one observation; blocks that all agree set no limit of their own.
  const worth = variance === 0 ? most : Math.min(most, Math.max(1, (p * (1 - p)) / variance))
  const t2 = T_QUANTILE ** 2
  const centre = (p + t2 / (2 * worth)) / (1 + t2 / worth)
  const half = (T_QUANTILE / (1 + t2 / worth)) * Math.sqrt((p * (1 - p)) / worth + t2 / (4 * worth * worth))
  // The share itself is always inside; rounding must not say otherwise.
  return [Math.min(p, Math.max(0, centre - half)), Math.max(p, Math.min(1, centre + half))]
}

/** Runs of violated steps, or of satisfied ones where those have fewer runs. */
function rarerRuns(values: Float64Array): number {
  const runs = [0, 0]
  for (const [i, value] of values.entries()) {
    const isNew = i === 0 || isViolated(value) !== isViolated(values[i - 1])
    if (isNew) runs[isViolated(value) ? 1 : 0]++
  }
  return Math.min(...runs)
}
