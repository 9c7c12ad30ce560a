import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeptTexts } from './kept-texts.ts'

const PAGE_BYTES = 2 ** 20

it('gives back what was kept, of any length and script, whatever was released meanwhile', () => {
  const texts = createKeptTexts()
  const recordOf = (i: number) => [
    `${i}`,
    'ä€😀'.repeat(i % 50),
    '',
    'x'.repeat(i % 1000 === 999 ? 2 * PAGE_BYTES : i % 700),
  ]
  const names = new Map<number, number>()
  for (let i = 0; i < 10_000; i++) {
    names.set(i, texts.keep(recordOf(i)))
    // All but every hundredth go in the order in which they came.
    const gone = i - 2000
    if (gone < 0 || gone % 100 === 0) continue
    texts.release(names.get(gone)!)
    names.delete(gone)
  }
  expect(new Set(names.values()).size).toBe(names.size)
  for (const [i, name] of names) expect(texts.read(name)).toEqual(recordOf(i))
})

it('gives back texts of any units of UTF-16, lone surrogates at their ends and between them too', () => {
  const unit = fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }))
  const text = fc.array(unit, { maxLength: 8 }).map((units) => String.fromCharCode(...units))
  const texts = createKeptTexts()
  fc.assert(
    fc.property(fc.array(text, { maxLength: 4 }), (record) => {
      expect(texts.read(texts.keep(record))).toEqual(record)
    }),
  )
})

it('takes no more memory for ever than for what is kept at a time', () => {
  const texts = createKeptTexts()
  const kept: number[] = []
  for (let i = 0; i < 50_000; i++) {
    kept.push(texts.keep(['x'.repeat(1000)]))
    if (kept.length > 2000) texts.release(kept.shift()!)
  }
  // 2,000 texts of a kilobyte are two pages; one is being filled, one being emptied.
  expect(texts.bytes).toBeLessThanOrEqual(4 * PAGE_BYTES)
})
