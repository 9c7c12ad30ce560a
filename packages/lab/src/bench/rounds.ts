import { startRoofline } from './roofline.ts'

/** What one round of work did. */
export type Round = { readonly units: number; readonly ms: number }

/** Rates over some rounds; `best` is the fastest round, which a busy neighbour disturbed least. */
export type Rates = {
  /** units per second */
  readonly best: number
  readonly median: number
  /** GFLOP/s of the matrix product in the same rounds, on as many threads */
  readonly roofline: { readonly best: number; readonly median: number }
}

/** Rounds that are not counted: code is still being compiled. */
export const WARM_UP_ROUNDS = 2

/**
 * Measures work in rounds that take turns with the roofline, so that what slows the machine down slows both.
 *
 * @param threads that the work may use
 */
export async function measureRounds(
  options: { readonly rounds: number; readonly threads: number },
  work: () => Round | Promise<Round>,
): Promise<Rates> {
  const roofline = await startRoofline(options.threads)
  const rates: number[] = []
  const limits: number[] = []
  for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
    const limit = await roofline.measure()
    const { units, ms } = await work()
    if (round < 0) continue
    limits.push(limit)
    rates.push((1000 * units) / ms)
  }
  await roofline.close()
  return summarise(rates, limits)
}

/** Best and median of the rates and of the rooflines beside them. */
export function summarise(rates: readonly number[], limits: readonly number[]): Rates {
  return {
    best: Math.max(...rates),
    median: median(rates),
    roofline: { best: Math.max(...limits), median: median(limits) },
  }
}

/** Times a piece of work. */
export async function timed(units: number, work: () => unknown): Promise<Round> {
  const startMs = performance.now()
  await work()
  return { units, ms: performance.now() - startMs }
}

/** The middle of some numbers, at least one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
