import { expect, it } from 'vitest'
import { readRecords } from './event-reader.fixture.ts'
import { crc32c, recordOf } from './record.ts'

// RFC 3720, B.4, and the check value of the catalogue of CRCs.
it.each([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['32 ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['32 descending', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
])('the CRC-32C of %s is that of the standard', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
})

it('records are read back by a reader of the format, and a changed byte is found wherever it is', () => {
  const payloads = [new Uint8Array(0), Buffer.from('abc'), new Uint8Array(300).fill(7)]
  const file = Buffer.concat(payloads.map(recordOf))
  expect(readRecords(file).map((payload) => [...payload])).toEqual(payloads.map((payload) => [...payload]))
  for (const at of [0, 9, 13, 17, 30, 40, file.length - 1]) {
    const harmed = Buffer.from(file)
    harmed[at] ^= 1
    expect(() => readRecords(harmed), `byte ${at}`).toThrow(/sum of a/)
  }
})
