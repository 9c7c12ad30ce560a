import { isErrorOf } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { HOSTS_ERRORS } from '../errors.ts'
import { decodeFrame, encodeFrame, PART_BYTES } from './frame.ts'
import { gather, parcelOf, partOf, sha256Of } from './parts.ts'

const schema = z.strictObject({ word: z.string().max(10) })
const MESSAGE = expect.objectContaining({ code: 'MESSAGE' })

describe('a frame', () => {
  it('carries a header and bytes', () => {
    const { header, body } = decodeFrame(encodeFrame({ word: 'shard' }, Uint8Array.of(1, 2)), schema)
    expect([header, [...body]]).toEqual([{ word: 'shard' }, [1, 2]])
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['three bytes', Uint8Array.of(1, 0, 0)],
    ['a header longer than the message', Uint8Array.of(9, 0, 0, 0, 123, 125)],
    ['a header of 4 GiB', Uint8Array.of(255, 255, 255, 255, 123, 125)],
    ['no JSON', Uint8Array.of(2, 0, 0, 0, 123, 123)],
    ['no UTF-8', Uint8Array.of(2, 0, 0, 0, 0xff, 0xfe)],
    ['another key', encodeFrame({ word: 'x', more: 1 })],
    ['a word that is too long', encodeFrame({ word: 'xxxxxxxxxxx' })],
    ['no object', encodeFrame([])],
    ['a body of more than a part', encodeFrame({ word: 'x' }, new Uint8Array(PART_BYTES + 1))],
    ['a deep header', new Uint8Array([0x40, 0x1f, 0, 0, ...new Uint8Array(8000).fill(0x5b)])],
  ])('is refused where it has %s', (_, bytes) => {
    expect(() => decodeFrame(bytes, schema)).toThrow(MESSAGE)
  })

  it('of random bytes is refused by this package or read, and nothing else comes out', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeFrame(bytes, schema)
        } catch (error) {
          if (!isErrorOf(HOSTS_ERRORS, error)) throw error
        }
      }),
      { seed: 6, numRuns: 5000 },
    )
  })
})

describe('a parcel', () => {
  const bytes = Uint8Array.from({ length: 2 * PART_BYTES + 5 }, (_, i) => (i * 7) & 255)
  const sections = [bytes.subarray(0, 3), bytes.subarray(3, PART_BYTES + 9), bytes.subarray(PART_BYTES + 9)]
  const parcel = parcelOf(sections)

  it('is put together of its parts, whatever its sections', () => {
    const gathering = gather(parcel)
    expect(gathering.add(0, partOf(parcel, 0))).toBeNull()
    expect(gathering.add(PART_BYTES, partOf(parcel, PART_BYTES))).toBeNull()
    expect(gathering.add(2 * PART_BYTES, partOf(parcel, 2 * PART_BYTES))).toEqual(bytes)
    expect(parcel.sha256).toBe(sha256Of([bytes]))
    expect(partOf(parcel, bytes.length)).toHaveLength(0)
  })

  it.each([
    ['skips bytes', PART_BYTES, PART_BYTES],
    ['is shorter than a part', 0, PART_BYTES - 1],
    ['is longer than a part', 0, PART_BYTES + 1],
  ])('is refused where a part %s', (_, at, length) => {
    expect(() => gather(parcel).add(at, new Uint8Array(length))).toThrow(MESSAGE)
  })

  it('is refused where one bit is another', () => {
    const small = parcelOf([Uint8Array.of(1, 2, 3)])
    expect(() => gather(small).add(0, Uint8Array.of(1, 2, 2))).toThrow(/damaged on its way/)
  })
})
