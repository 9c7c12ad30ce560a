/** Whatever arrives, the decoder returns a message that fits the batch and whose bytes these are, or says why not. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agreement } from '../../generated/agreement.js'
import { decodeEnvelope, encodeEnvelope, FORMAT_VERSION, messageBytesMax, Reading } from './codec.ts'
import type { Envelope, Message } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import { messages, newReplica, settings, votesOf } from './team.fixture.ts'

const all = messages().map((message): [string, Uint8Array, Message] => [
  message.type,
  new Uint8Array(encodeEnvelope({ domain: settings.domain, message })),
  message,
])

describe.each(all)('%s', (_, bytes, message) => {
  test('comes back as it was, in fresh memory', () => {
    const copy = bytes.slice()
    const decoded = decodeEnvelope(copy, settings)
    copy.fill(0)
    expect(decoded).toEqual({ domain: settings.domain, message })
  })

  test('3,000 random mutations, and a replica follows whatever comes through', () => {
    const outcomes = new Set<string>()
    let refused = 0
    const replica = newReplica(2)
    replica.begin(votesOf(2))
    fc.assert(
      fc.property(mutations(bytes), (mutated) => {
        const decoded = decodeEnvelope(mutated, settings)
        outcomes.add(outcomeOf(decoded, mutated))
        if ('rejected' in decoded) refused++
        replica.receiveBytes(mutated)
      }),
      { seed: 1, numRuns: 3000 },
    )
    // All of them were counted, whatever they were; some for a bad signature, before the replica saw what else was wrong.
    const counted = Object.values(replica.rejections).reduce((sum, count) => sum + count, 0)
    expect(counted).toBeGreaterThanOrEqual(refused)
    expect([...outcomes]).toEqual(expect.arrayContaining(['MALFORMED', 'OUT_OF_RANGE', 'FORMAT_VERSION']))
  })

  test('every truncation is refused', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(outcomeOf(decodeEnvelope(bytes.subarray(0, length), settings), bytes.subarray(0, length))).not.toBe(
        'decoded',
      )
    }
  })

  test('bytes that say the same in another way are refused', () => {
    // An unknown field, the batch number said twice, and the first number padded.
    for (const extra of [Uint8Array.of(0xf8, 0x07, 1), Uint8Array.of(0x20, 0)]) {
      expect(decodeEnvelope(Buffer.concat([bytes, extra]), settings)).toEqual({ rejected: 'NOT_CANONICAL' })
    }
    expect(bytes.subarray(0, 2)).toEqual(Uint8Array.of(0x08, FORMAT_VERSION))
    const padded = Buffer.concat([Uint8Array.of(0x08, 0x80 | FORMAT_VERSION, 0), bytes.subarray(2)])
    expect(decodeEnvelope(padded, settings)).toEqual({ rejected: 'NOT_CANONICAL' })
  })
})

test.each<[string, unknown, RejectionReason]>([
  ['a text', 'vigil', 'NOT_BYTES'],
  ['nothing', undefined, 'NOT_BYTES'],
  ['more bytes than any message has', new Uint8Array(messageBytesMax(settings) + 1), 'OVERSIZED'],
  ['no protobuf message', Uint8Array.of(0xff, 0xff), 'MALFORMED'],
  ['deeply nested groups', new Uint8Array(200).fill(0x7b), 'MALFORMED'],
  ['no bytes at all', new Uint8Array(0), 'FORMAT_VERSION'],
  ['two kinds in one message', twoKinds(), 'NOT_CANONICAL'],
])('%s', (_, bytes, reason) => {
  expect(decodeEnvelope(bytes, settings)).toEqual({ rejected: reason })
})

/** 'decoded', or the reason. What is decoded has exactly these bytes. */
function outcomeOf(decoded: Envelope | { rejected: RejectionReason }, bytes: Uint8Array): string {
  if ('rejected' in decoded) return decoded.rejected
  expect(Buffer.compare(encodeEnvelope(decoded), bytes)).toBe(0)
  return 'decoded'
}

function twoKinds(): Uint8Array {
  const run = Buffer.from(settings.domain.run, 'hex')
  return agreement.Envelope.encode({
    formatVersion: FORMAT_VERSION,
    run,
    epoch: 3,
    batch: 0,
    prepared: {},
    ask: { agent: 1 },
  }).finish()
}

type Mutation = (bytes: Uint8Array) => Uint8Array

/** One to three mutations, one after the other. */
function mutations(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat({ max: bytes.length - 1 })
  const set = fc.tuple(position, fc.nat({ max: 255 })).map(
    ([at, value]): Mutation =>
      (given) =>
        given.slice().fill(value, at, at + 1),
  )
  const flip = fc.tuple(position, fc.nat({ max: 7 })).map(
    ([at, bit]): Mutation =>
      (given) =>
        given.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)),
  )
  const copy = fc.tuple(position, position, fc.nat({ max: 80 })).map(
    ([from, to, length]): Mutation =>
      (given) =>
        given.slice().copyWithin(to, from, from + length),
  )
  const splice = fc.tuple(position, fc.nat({ max: 70 }), fc.uint8Array({ maxLength: 20 })).map(
    ([at, removed, added]): Mutation =>
      (given) =>
        new Uint8Array(Buffer.concat([given.subarray(0, at), added, given.subarray(at + removed)])),
  )
  const version: fc.Arbitrary<Mutation> = fc.constant((given) =>
    given.map((byte, i) => (i === 1 ? FORMAT_VERSION + 1 : byte)),
  )
  const agent = fc.nat({ max: 255 }).map(
    (value): Mutation =>
      (given) =>
        given.map((byte) => (byte === 3 ? value : byte)),
  )
  return fc
    .array(fc.oneof(set, flip, copy, splice, version, agent), { minLength: 1, maxLength: 3 })
    .map((some) => some.reduce((given, next) => next(given), bytes))
}

test('more ballots or signers than agents are not read at all', () => {
  const reading = new Reading({ agentCount: 4, rows: 3 })
  const signatures = Array.from({ length: 5 }, () => ({ agent: 0, signature: new Uint8Array(64) }))
  const certificate = reading.certificate({ phase: 0, view: 0, digest: new Uint8Array(32), signatures })
  expect(certificate.signatures).toEqual([])
  expect(reading.inRange).toBe(false)
  expect(reading.value(Array.from({ length: 5 }, () => ({})))).toEqual([])
})
