import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { keepRegularly } from './state-timer.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('begins no write while one is under way, and goes on after one that failed', async () => {
  const ends: ((failed: boolean) => void)[] = []
  const errors: Error[] = []
  const keep = async () =>
    await new Promise<void>((resolve, reject) =>
      ends.push((failed) => (failed ? reject(new Error('full')) : resolve())),
    )
  const end = keepRegularly(keep, { everyMs: 1000, onError: (error) => errors.push(error) })
  await vi.advanceTimersByTimeAsync(3500)
  expect(ends.length).toBe(1)
  ends[0](true)
  await vi.advanceTimersByTimeAsync(1000)
  expect([ends.length, errors.length]).toEqual([2, 1])
  ends[1](false)
  end()
  await vi.advanceTimersByTimeAsync(5000)
  expect(ends.length).toBe(2)
})
