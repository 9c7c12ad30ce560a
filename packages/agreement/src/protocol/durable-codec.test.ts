import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Durable, FRESH } from './durable.ts'
import { decodeDurable, encodeDurable } from './durable-codec.ts'
import { ballotOf, certificateOf, claimOf, digestOf, settings, valueFor } from './team.fixture.ts'

const value = valueFor()
const lock = { certificate: certificateOf('prepare', 2, digestOf(value)), value }

const full: Durable = {
  observing: false,
  view: 3,
  voted: { prepare: 2, commit: 2 },
  proposed: 1,
  ballot: ballotOf(1),
  claim: claimOf(1, 3, { view: 2, digest: digestOf(value) }),
  lock,
  committed: { type: 'committed', certificate: certificateOf('commit', 2, digestOf(value)), value },
}

describe('the state of an agent', () => {
  test.each([
    ['fresh', FRESH],
    ['lost', { ...FRESH, observing: true }],
    ['full', full],
    ['locked', { ...full, committed: null }],
  ])('comes back as it was: %s', (_, durable) => {
    expect(decodeDurable(encodeDurable(durable), settings)).toEqual(durable)
  })

  test('is null where its bytes end within a field, and for bytes behind them', () => {
    const bytes = encodeDurable(full)
    const ends = Array.from({ length: bytes.length }, (_, end) => end)
    // Fields end in five places: without what follows these are states, too, which the check of the record tells apart.
    expect(ends.filter((end) => decodeDurable(bytes.subarray(0, end), settings) !== null).length).toBeLessThan(12)
    expect(decodeDurable(Buffer.concat([bytes, Uint8Array.of(0x10, 0)]), settings)).toBeNull()
  })

  test('is null for another number of rows', () => {
    expect(decodeDurable(encodeDurable(full), { ...settings, rows: 4 })).toBeNull()
  })

  test('whatever byte is changed, what is read has these bytes or is null', () => {
    const bytes = encodeDurable(full)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = bytes.with(at, bytes[at] ^ change)
        const read = decodeDurable(changed, settings)
        if (read !== null) expect(Buffer.compare(encodeDurable(read), changed)).toBe(0)
      }),
      { seed: 1, numRuns: 2000 },
    )
  })
})
