import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

/** Digits of any length at any place, with and without a point, as numbers and within texts. */
const cell = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }))

it('a whole number that no double holds is its text wherever it stands, and every other number is a number', () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 6 }), fc.string({ maxLength: 20 }), (cells, blank) => {
      const numbers = cells.map(([digit, length, decimals]) => {
        const whole = String(digit).repeat(length + 1)
        return decimals === 0 ? whole : `${whole}.${'7'.repeat(decimals)}`
      })
      const json = `{${JSON.stringify(blank)}: [${numbers.join(', ')}]}`
      const expected = numbers.map((text) => (Number.isInteger(Number(text)) && !isHeld(text) ? text : Number(text)))
      expect(Object.values(parseJson(json) as object)).toEqual([expected])
    }),
  )
})

function isHeld(text: string): boolean {
  return Number.isSafeInteger(Number(text))
}

it.each([15, 16, 17, 31, 32])('%i nines are found behind any number of characters', (length) => {
  const nines = '9'.repeat(length)
  for (let before = 0; before < 40; before++) {
    const value = parseJson(`${' '.repeat(before)}${nines}`)
    expect(value).toBe(length < 16 ? Number(nines) : nines)
  }
})
