import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Answer, contentHash, contentOf, createRememberedAnswers, isContentOf } from './remembered-answers.ts'

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

const LIMIT = 5
const text = fc.string({ unit: 'grapheme', maxLength: 40 })

it('remembers the answers that were put last, filled in before or behind others, byte for byte', () => {
  const step = fc.record({
    id: fc.oneof(fc.nat(7), fc.nat(7).map(String)),
    content: text.map((note) => JSON.stringify({ note })),
    json: text.map((note) => JSON.stringify({ note, more: note.repeat(9) })),
    stream: fc.option(text.filter((one) => one !== '')),
    action: fc.option(fc.nat(3)),
    waits: fc.nat(3),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const remembered = createRememberedAnswers(LIMIT)
      const known = new Map<string | number, Answer>()
      const open: (() => void)[] = []
      for (const { waits, action, json, ...own } of steps) {
        const answer: Answer = { ...own, isOwnId: true, error: null, action: null, json: null }
        remembered.put(own.id, answer)
        known.delete(own.id)
        known.set(own.id, answer)
        if (known.size > LIMIT) known.delete([...known.keys()][0])
        open.push(() => Object.assign(answer, { action, json }))
        while (open.length > waits) open.shift()!()
        expect([...remembered.all()]).toEqual([...known])
        for (const id of [own.id, 0, '0']) expect(remembered.peek(id)).toEqual(known.get(id))
      }
    }),
  )
})
