import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addSpan, isInSpans, type Span } from './number-spans.ts'

it('spans hold the numbers of a set, in whatever order they come, and none touches the next', () => {
  const span = fc.record({ first: fc.nat({ max: 60 }), length: fc.nat({ max: 6 }) })
  fc.assert(
    fc.property(fc.array(span, { maxLength: 30 }), (added) => {
      const [spans, numbers] = [[] as Span[], new Set<number>()]
      for (const { first, length } of added) {
        addSpan(spans, { first, last: first + length })
        for (let number = first; number <= first + length; number++) numbers.add(number)
      }
      const all = Array.from({ length: 70 }, (_, number) => number)
      expect(all.filter((number) => isInSpans(spans, number))).toEqual(all.filter((number) => numbers.has(number)))
      // As many as there are numbers whose next one is missing.
      expect(spans.length).toBe([...numbers].filter((number) => !numbers.has(number + 1)).length)
    }),
    { seed: 16 },
  )
})
