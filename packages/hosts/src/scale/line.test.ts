import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lineOf } from './line.ts'

it('sends bytes one after the other, and each arrives a delay behind its end', () => {
  // 8 Mbit/s are 1,000 bytes in a millisecond.
  const send = lineOf({ delayMs: 20, bitsPerSecond: 8e6 })
  expect(send(5000, 100)).toEqual({ leftMs: 105, arrivedMs: 125 })
  expect(send(1000, 101)).toEqual({ leftMs: 106, arrivedMs: 126 })
  expect(send(0, 103)).toEqual({ leftMs: 106, arrivedMs: 126 })
  expect(send(2000, 200)).toEqual({ leftMs: 202, arrivedMs: 222 })
})

it('lets no more pass in any time than the bandwidth, and keeps the order', () => {
  const sent = fc.array(fc.record({ bytes: fc.nat(100_000), pauseMs: fc.nat(50) }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(sent, (chunks) => {
      const send = lineOf({ delayMs: 7, bitsPerSecond: 8e6 })
      let nowMs = 0
      const passages = chunks.map(({ bytes, pauseMs }) => {
        nowMs += pauseMs
        return { ...send(bytes, nowMs), bytes, nowMs }
      })
      for (const [first, { nowMs: fromMs }] of passages.entries()) {
        let bytes = 0
        for (const passage of passages.slice(first)) {
          bytes += passage.bytes
          expect(passage.leftMs - fromMs).toBeGreaterThanOrEqual(bytes / 1000 - 1e-6)
          expect(passage.arrivedMs).toBe(passage.leftMs + 7)
        }
      }
      expect(passages.map(({ leftMs }) => leftMs)).toEqual(passages.map(({ leftMs }) => leftMs).sort((a, b) => a - b))
    }),
    { seed: 8, numRuns: 200 },
  )
})
