import fc from 'fast-check'
import { expect, it } from 'vitest'
import { keyParts } from './event-reader.ts'

it('the parts of a key are the texts that it joins, whatever is in them', () => {
  const part = fc.oneof(fc.string(), fc.constantFrom('', ':', '2:h1', '0:', '12'))
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
      expect(keyParts(parts.map((text) => `${text.length}:${text}`).join(''))).toEqual(parts)
    }),
  )
})

it.each(['9f86d081884c7d65', '5:abc', 'x:abc'])('%s joins nothing, and is its own part', (key) => {
  expect(keyParts(key)).toEqual([key])
})
