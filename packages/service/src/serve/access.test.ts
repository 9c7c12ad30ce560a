import { describe, expect, it } from 'vitest'
import { assertGuarded, isLoopback, rateLimit } from './access.ts'

describe('an address', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1', 'localhost'])(
    '%s is reached by this machine alone',
    (host) => {
      expect(isLoopback(host)).toBe(true)
      expect(() => assertGuarded(host, { isGuarded: false })).not.toThrow()
    },
  )

  it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'example.org', '', 'localhost.example'])(
    '%s needs a guard',
    (host) => {
      expect(isLoopback(host)).toBe(false)
      expect(() => assertGuarded(host, { isGuarded: false })).toThrow(
        expect.objectContaining({ code: 'PUBLIC_ADDRESS' }),
      )
      expect(() => assertGuarded(host, { isGuarded: true })).not.toThrow()
    },
  )
})

describe('a rate', () => {
  it('is of each client: so many at once, and as many in each second', () => {
    let now = 0
    const isWithin = rateLimit(3, () => now)
    const ask = (client: string, times: number) => Array.from({ length: times }, () => isWithin(client))
    expect(ask('a', 4)).toEqual([true, true, true, false])
    expect(ask('b', 1)).toEqual([true])
    now = 400
    expect(ask('a', 2)).toEqual([true, false])
    now = 10_000
    expect(ask('a', 4)).toEqual([true, true, true, false])
  })

  it('is known of the clients heard latest, within bounds', () => {
    const isWithin = rateLimit(1, () => 0)
    expect([isWithin('first'), isWithin('first')]).toEqual([true, false])
    for (let client = 0; client < 10_000; client++) isWithin(String(client))
    expect(isWithin('first')).toBe(true)
    expect(isWithin('9999')).toBe(false)
  })
})
