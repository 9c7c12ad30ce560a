import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRecentEntries } from './recent-entries.ts'

it('is a list from which a used key goes to the end and the first one falls out', () => {
  const key = fc.integer({ min: 0, max: 9 })
  const step = fc.tuple(fc.constantFrom('peek', 'use', 'put', 'forget'), key, fc.integer())
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
      const forgotten: number[] = []
      const entries = createRecentEntries<number, number>(limit, (value) => forgotten.push(value))
      const gone: number[] = []
      let list: [number, number][] = []
      for (const [action, key, value] of steps) {
        const known = list.find(([own]) => own === key)
        const others = list.filter((one) => one !== known)
        if (action === 'peek') expect(entries.peek(key)).toBe(known?.[1])
        else if (action === 'use') {
          expect(entries.use(key)).toBe(known?.[1])
          if (known !== undefined) list = [...others, known]
        } else if (action === 'forget') {
          entries.forget(key)
          list = others
          if (known !== undefined) gone.push(known[1])
        } else {
          const slot = entries.put(key, value)
          expect(entries.at(slot)).toBe(value)
          if (others.length === limit) gone.push(others[0][1])
          if (known !== undefined) gone.push(known[1])
          entries.exchange(slot, -value)
          list = [...others, [key, -value] as [number, number]].slice(-limit)
        }
        expect([...entries.all()]).toEqual(list)
        expect(entries.oldest).toBe(list[0]?.[0])
        expect(entries.size).toBe(list.length)
        expect(forgotten).toEqual(gone)
      }
    }),
  )
})
