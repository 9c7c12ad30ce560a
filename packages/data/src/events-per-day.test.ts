import { describe, expect, it } from 'vitest'
import { eventsPerDayOf } from './events-per-day.ts'

const HOUR = 3_600_000
const part = (...rows: number[]) => ({
  rows: Uint32Array.from(rows),
  streamStarts: Uint32Array.of(0, rows.length),
})

describe('eventsPerDayOf', () => {
  // One event an hour, 49 of them: two days.
  const hourly = Float64Array.from({ length: 49 }, (_, hour) => hour * HOUR)

  it('counts the events of a stretch of time by its own length', () => {
    const perDay = eventsPerDayOf(hourly, { validation: part(0, 12, 24), test: part(24, 30, 36) })
    expect(perDay).toEqual({ validation: 25, test: 26 })
  })

  it('does not depend on how many of the events a part samples', () => {
    const all = part(...hourly.keys())
    const perDay = eventsPerDayOf(hourly, { validation: part(48, 0), test: all })!
    expect(perDay.validation).toBe(perDay.test)
  })

  it('is unknown without times, and where a part has no span', () => {
    expect(eventsPerDayOf(null, { validation: part(0, 1), test: part(2, 3) })).toBeNull()
    expect(eventsPerDayOf(hourly, { validation: part(7), test: part(2, 3) })).toBeNull()
    expect(eventsPerDayOf(new Float64Array(4), { validation: part(0, 1), test: part(2, 3) })).toBeNull()
  })
})
