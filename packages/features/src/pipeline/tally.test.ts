import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tallyOf } from './tally.ts'

/** The definition: count each number by looking for it. */
function tallyOracle(numbers: readonly number[]) {
  const present = numbers.filter((value) => !Number.isNaN(value)).map((value) => (value === 0 ? 0 : value))
  const values = [...new Set(present)].sort((a, b) => a - b)
  return { values, starts: [...values, Infinity].map((value) => present.filter((other) => other < value).length) }
}

function tallied(values: readonly number[], rows = Uint32Array.from(values.keys())) {
  const { values: distinct, starts } = tallyOf(Float64Array.from(values), rows)
  return { values: Array.from(distinct), starts: Array.from(starts) }
}

describe('a tally', () => {
  it('counts every number of its rows, and nothing for a row without one', () => {
    const number = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.NaN, -0, 5e-324))
    fc.assert(
      fc.property(fc.array(number.filter(Number.isFinite), { maxLength: 60 }), (numbers) => {
        expect(tallied([...numbers, Number.NaN])).toEqual(tallyOracle(numbers))
      }),
    )
  })

  it('looks at the rows that it is given alone', () => {
    expect(tallied([7, 8, 8, 9], Uint32Array.of(1, 2))).toEqual({ values: [8], starts: [0, 2] })
  })

  it('of more different numbers than are counted one by one is the same', () => {
    // Each number twice, in an order that is not sorted.
    const numbers = Array.from({ length: 300_000 }, (_, i) => ((i * 7919) % 150_000) - 75_000)
    const { values, starts } = tallied(numbers)
    expect(values).toEqual(Array.from({ length: 150_000 }, (_, i) => i - 75_000))
    expect(starts).toEqual(Array.from({ length: 150_001 }, (_, i) => 2 * i))
  })
})
