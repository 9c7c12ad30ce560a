import fc from 'fast-check'
import { expect, it } from 'vitest'
import { contentHash, contentOf, isContentOf } from './remembered-answers.ts'

const event = fc.record({
  id: fc.nat(9),
  note: fc.string({ maxLength: 3 }),
  more: fc.constantFrom('', 'x'.repeat(600)),
})

it('an event is told from every other with its id, remembered as itself or as its hash', () => {
  fc.assert(
    fc.property(event, event, (one, other) => {
      const [a, b] = [one, other].map((value) => JSON.stringify(value))
      expect(isContentOf(contentOf(a), b)).toBe(a === b)
      expect(isContentOf(contentHash(contentOf(a)), b)).toBe(a === b)
      expect(isContentOf(contentHash(contentOf(a)), a)).toBe(true)
    }),
  )
})

it('of a long event its hash alone is remembered', () => {
  expect(contentOf(JSON.stringify({ note: 'x'.repeat(100_000) }))).toHaveLength(44)
})
