import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createFrameReader,
  decodeBatch,
  encodeBatch,
  encodeFrame,
  FRAME_KINDS,
  type Frame,
  type FrameKind,
  numbered,
  readNumbered,
} from './frames.ts'

const BYTES_MAX = 1000
const frame = fc.record({
  kind: fc.constantFrom(...(Object.keys(FRAME_KINDS) as FrameKind[])),
  content: fc.uint8Array({ maxLength: BYTES_MAX - 1 }),
})

const asPlain = (frames: readonly Frame[]) => frames.map(({ kind, content }) => [kind, [...content]])

describe('a reader of frames', () => {
  it('gives the frames that were written, however they are cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(encodeFrame))
          const reader = createFrameReader(BYTES_MAX)
          const read: Frame[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const end = at + cuts[i % cuts.length]
            read.push(...reader.push(bytes.subarray(at, end))!)
            at = end
          }
          expect(asPlain(read)).toEqual(asPlain(frames))
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })

  it.each([
    ['longer than the bound', [0, 0, 3, 233, 1]],
    ['empty', [0, 0, 0, 0, 1]],
    ['of no kind', [0, 0, 0, 2, 9, 1]],
    ['of kind 0', [0, 0, 0, 2, 0, 1]],
  ])('reads no more of a sender whose frame is %s', (_, bytes) => {
    const reader = createFrameReader(BYTES_MAX)
    expect(reader.push(Uint8Array.from(bytes))).toBeNull()
    expect(reader.push(encodeFrame({ kind: 'want', content: numbered(1) }))).toBeNull()
  })

  it('takes whatever bytes come without an error, and keeps no more than a frame of them', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 40 }), (pieces) => {
        const reader = createFrameReader(BYTES_MAX)
        const frames = pieces.flatMap((piece) => reader.push(piece) ?? [])
        for (const { content } of frames) expect(content.length).toBeLessThan(BYTES_MAX)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('the content of a batch', () => {
  const batch = { batch: 3, firstRow: 96, committed: Uint8Array.of(1, 2), events: ['[1,{}]', '["ü",{"a":1}]'] }

  it('comes back as it was', () => {
    const read = decodeBatch(encodeBatch(batch), 2)!
    expect({ ...read, committed: [...read.committed] }).toEqual({ ...batch, committed: [1, 2] })
  })

  it('is none with more events than a batch may have, with an empty event, or cut off in its head', () => {
    expect(decodeBatch(encodeBatch(batch), 1)).toBeNull()
    expect(decodeBatch(encodeBatch({ ...batch, events: ['', 'x'] }), 2)).toBeNull()
    for (let end = 0; end < 14; end++) expect(decodeBatch(encodeBatch(batch).subarray(0, end), 2)).toBeNull()
  })

  it('never reads a certificate beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const read = decodeBatch(bytes, 10)
        if (read !== null) expect(encodeBatch(read).length).toBeLessThanOrEqual(bytes.length * 3)
        expect(readNumbered(bytes) === null).toBe(bytes.length < 4)
      }),
      { seed: 1, numRuns: 1000 },
    )
  })
})
