import type { Dataset } from './dataset.ts'

const DAY_MS = 86_400_000

/**
 * How many events a day the recording holds, all parts together, between the first and the last event of a part. A share of
 * the part's events times this is a number per day, whether the part is a stretch of time or a sample of the whole.
 *
 * @param times [N] milliseconds since 1970; null = nobody knows them
 * @returns null where times are not known, or where a part has no span of time
 */
export function eventsPerDayOf(
  times: Float64Array | null,
  { validation, test }: Pick<Dataset['splits'], 'validation' | 'test'>,
): Dataset['eventsPerDay'] {
  if (times === null) return null
  const [first, second] = [validation, test].map(({ rows }) => {
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const row of rows) {
      from = Math.min(from, times[row])
      to = Math.max(to, times[row])
    }
    const events = times.reduce((count, time) => count + (time >= from && time <= to ? 1 : 0), 0)
    return to > from ? (events * DAY_MS) / (to - from) : null
  })
  return first === null || second === null ? null : { validation: first, test: second }
}
