import { randomStream, randomUnit } from '@vigil/random'

/** Scores by stratum: one task or one group of runs each, none of them empty. */
export type Strata = readonly (readonly number[])[]

/** A percentile interval. */
export type Interval = { readonly low: number; readonly high: number }

/** How often the scores are drawn again. */
const RESAMPLES = 2000

const CONFIDENCE = 0.95

/**
 * The 95 % interval of a statistic by the stratified bootstrap (arXiv:2108.13264, section 4.1): each stratum is drawn again with
 * replacement from its own scores, so that every resample has as many runs of each task as there are. The same scores give the
 * same interval: random numbers are counted.
 *
 * @param statistic of strata of the same sizes
 * @param lane      u32, another for each statistic whose errors shall be independent
 */
export function bootstrapInterval(
  strata: Strata,
  statistic: (strata: Strata) => number,
  { lane = 0, resamples = RESAMPLES }: { readonly lane?: number; readonly resamples?: number } = {},
): Interval {
  const source = randomStream(1, 'bootstrap')
  let drawn = 0
  const values = new Float64Array(resamples)
  for (let i = 0; i < resamples; i++) {
    const resample = strata.map((scores) =>
      scores.map(() => scores[Math.floor(randomUnit(source, drawn++, lane) * scores.length)]),
    )
    values[i] = statistic(resample)
  }
  values.sort()
  return { low: quantile(values, (1 - CONFIDENCE) / 2), high: quantile(values, (1 + CONFIDENCE) / 2) }
}

/** The quantile of ascending values, with straight lines between them. */
function quantile(values: Float64Array, share: number): number {
  const place = share * (values.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, values.length - 1)
  return values[below] + (place - below) * (values[above] - values[below])
}
