import fc from 'fast-check'
import { expect, it } from 'vitest'
import { countUpTo } from './count-up-to.ts'

const ascending = fc.array(fc.nat(60), { maxLength: 30 }).map((numbers) => numbers.sort((a, b) => a - b))

it('counts the numbers that are at most a limit, repeated ones too', () => {
  fc.assert(
    fc.property(ascending, fc.integer({ min: -1, max: 61 }), (numbers, limit) => {
      expect(countUpTo(numbers, limit)).toBe(numbers.filter((number) => number <= limit).length)
    }),
  )
})

it('reads few of them, however many there are', () => {
  let reads = 0
  const counted = (size: number) =>
    new Proxy([] as number[], {
      get(_, name) {
        if (name === 'length') return size
        reads++
        return 10 * Number(name)
      },
    })
  expect(countUpTo(counted(2 ** 30), 5_000_000_005)).toBe(500_000_001)
  expect(reads).toBeLessThanOrEqual(31)
})
