import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyTable } from './key-table.ts'

it('remembers the keys used latest, in no more slots than there may be keys', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(8)), (limit, uses) => {
      let slotCount = 1
      const table = createKeyTable<number>(new Map(), limit, (count) => {
        slotCount = count
      })
      const latestFirst: number[] = []
      for (const key of uses) {
        const known = latestFirst.indexOf(key)
        const { slot, isNew } = table.use(key)
        expect(isNew).toBe(known < 0)
        expect(slot).toBeLessThan(slotCount)
        if (known >= 0) latestFirst.splice(known, 1)
        latestFirst.unshift(key)
        latestFirst.length = Math.min(latestFirst.length, limit)
        expect(new Set(latestFirst.map((each) => table.find(each))).size).toBe(latestFirst.length)
        for (let other = 0; other <= 8; other++) expect(table.find(other) > 0).toBe(latestFirst.includes(other))
      }
      expect(table.size).toBe(latestFirst.length)
      expect(slotCount).toBeLessThanOrEqual(limit + 1)
    }),
  )
})

it('doubles its slots, up to the limit', () => {
  const counts: number[] = []
  const table = createKeyTable<number>(new Map(), 200, (count) => counts.push(count))
  for (let key = 0; key < 1000; key++) table.use(key)
  expect(counts).toEqual([64, 128, 201])
})
