import type { IterationMetrics } from '@vigil/runs'

/** Iterations whose prices are averaged: a controller swings. */
const ITERATIONS = 10

/**
 * What training charged for an alert on account of each specification, mean of the last iterations up to that of a checkpoint.
 *
 * @returns [S] in reward units; null where nothing was charged in any of them
 */
export function alertPricesBefore(iteration: number, metrics: readonly IterationMetrics[]): (number | null)[] {
  const last = metrics.filter((line) => line.iteration <= iteration).slice(-ITERATIONS)
  return (last.at(-1)?.stl ?? []).map((_, s) => {
    const prices = last.map(({ stl }) => stl[s].alertPrice ?? null).filter((price) => price !== null)
    return prices.length === 0 ? null : prices.reduce((sum, price) => sum + price, 0) / prices.length
  })
}
