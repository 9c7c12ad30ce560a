import fc from 'fast-check'
import { expect, it } from 'vitest'
import { siteOrderOf } from './site-order.ts'

/** Streams of these lengths, whose rows come in the order of `turns`. */
const anyPart = fc
  .array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 })
  .chain((lengths) => {
    const streams = lengths.flatMap((length, stream) => Array<number>(length).fill(stream))
    return fc.shuffledSubarray(streams, { minLength: streams.length }).map((turns) => ({ lengths, turns }))
  })
  .map(({ lengths, turns }) => {
    const byStream = lengths.map((_, stream) => turns.flatMap((own, row) => (own === stream ? [row] : [])))
    return {
      turns,
      rows: Uint32Array.from(byStream.flat()),
      streamStarts: Uint32Array.from([0, ...lengths.map((_, i) => byStream.slice(0, i + 1).flat().length)]),
    }
  })

it('puts events in the order of time, and gives streams that overlap different places', () => {
  fc.assert(
    fc.property(anyPart, ({ turns, ...part }) => {
      const labels = new Uint8Array(turns.length)
      const ranks = Uint32Array.from(turns.keys())
      const order = siteOrderOf(part, { ranks, sites: new Uint32Array(turns.length), phases: null }, labels)
      expect([...order.positions].map((position) => part.rows[position])).toEqual([...turns.keys()])
      for (const [tick, position] of order.positions.entries()) expect(order.ticks[position]).toBe(tick)
      let most = 0
      for (const tick of turns.keys()) {
        const present = [...new Set(turns)].filter(
          (stream) => turns.indexOf(stream) <= tick && turns.lastIndexOf(stream) >= tick,
        )
        expect(new Set(present.map((stream) => order.slots[stream])).size).toBe(present.length)
        most = Math.max(most, present.length)
      }
      expect(order.slotCount).toBe(most)
    }),
  )
})

const part = { rows: Uint32Array.of(0, 1, 2, 3), streamStarts: Uint32Array.of(0, 2, 4) }
const ranks = Uint32Array.of(0, 1, 2, 3)

it('puts site after site', () => {
  const interleaved = { rows: Uint32Array.of(0, 2, 1, 3), streamStarts: Uint32Array.of(0, 2, 4) }
  const timeline = { ranks, sites: Uint32Array.of(1, 0, 1, 0), phases: null }
  const order = siteOrderOf(interleaved, timeline, new Uint8Array(4))
  expect([...order.positions].map((position) => interleaved.rows[position])).toEqual([1, 3, 0, 2])
  expect([...order.siteStarts]).toEqual([0, 2, 4])
})

it('refuses a stream at two sites, and more phases than a stream can remember', () => {
  const torn = { ranks, sites: Uint32Array.of(0, 1, 1, 1), phases: null }
  expect(() => siteOrderOf(part, torn, new Uint8Array(4))).toThrow(/stream of row 1 is at two sites/)
  const many = { ranks, sites: new Uint32Array(4), phases: Uint8Array.of(0, 33, 0, 0) }
  expect(() => siteOrderOf(part, many, Uint8Array.of(0, 1, 0, 0))).toThrow(/32 phases of an attack, but there are 33/)
})

it('knows on which phase an event hangs: the latest earlier one that the recording shows before', () => {
  const rows = Uint32Array.of(0, 1, 2, 3, 4)
  const labels = Uint8Array.of(1, 1, 1, 0, 1)
  const timeline = { ranks: rows, sites: new Uint32Array(5), phases: Uint8Array.of(1, 4, 2, 3, 3) }
  const { phases, needs } = siteOrderOf({ rows, streamStarts: Uint32Array.of(0, 5) }, timeline, labels)
  expect([...phases]).toEqual([1, 4, 2, 0, 3])
  expect([...needs]).toEqual([0, 1, 1, 0, 2])
})
