import { describe, expect, it, test } from 'vitest'
import { agreement } from '../../generated/agreement.js'
import { decodeEnvelope, encodeEnvelope, FORMAT_VERSION } from './codec.ts'
import { messages, settings } from './team.fixture.ts'
import { BATCH_CERTIFICATE_NESTING, ENVELOPE_NESTING, fieldsMax, hasFewFields } from './wire-fields.ts'

const signature = new Uint8Array(64).fill(1)
const digest = new Uint8Array(32).fill(2)
const ballot = (agent: number) => ({ agent, actions: digest, scores: digest, digest, signature })
const claim = (agent: number) => ({ agent, view: 9, locks: 8, digest, signature })
const certificate = (agentCount: number) => ({ phase: 1, view: 9, digest, signatures: agents(agentCount, signed) })
const signed = (agent: number) => ({ agent, signature })
const agents = <T>(count: number, one: (agent: number) => T) => Array.from({ length: count }, (_, i) => one(i + 1))

/** The largest message of n agents: a proposal in which everybody's ballot and claim stand, and a lock. */
function largest(n: number): Uint8Array {
  const proposal = {
    ...{ view: 9, signature, digest },
    ...{ value: agents(n, ballot), claims: agents(n, claim), lock: certificate(n) },
  }
  const envelope = { formatVersion: FORMAT_VERSION, run: digest, epoch: 1, batch: 1, proposal }
  return agreement.Envelope.encode(envelope).finish()
}

/** Fields of `largest`, counted by hand: five of the envelope, six of the proposal without its lists, and its lists. */
const fieldsOfLargest = (n: number) => 5 + 4 + n * 6 + n * 6 + (3 + n * 3)

describe('hasFewFields', () => {
  it.each([1, 4, 7, 64])('counts every field of the largest message of %i agents', (n) => {
    expect(hasFewFields(largest(n), ENVELOPE_NESTING, fieldsOfLargest(n))).toBe(true)
    expect(hasFewFields(largest(n), ENVELOPE_NESTING, fieldsOfLargest(n) - 1)).toBe(false)
    expect(fieldsOfLargest(n)).toBeLessThanOrEqual(fieldsMax(n))
  })

  it('lets every kind of message through', () => {
    for (const message of messages())
      expect(hasFewFields(encodeEnvelope({ domain: settings.domain, message }), ENVELOPE_NESTING, fieldsMax(4))).toBe(
        true,
      )
  })

  it('lets the certificate of a batch through, and no more agents than there are', () => {
    const bytesFor = (n: number) =>
      agreement.Certificate.encode({ value: agents(n, ballot), certificate: certificate(n) }).finish()
    expect(hasFewFields(bytesFor(4), BATCH_CERTIFICATE_NESTING, fieldsMax(4))).toBe(true)
    expect(hasFewFields(bytesFor(40), BATCH_CERTIFICATE_NESTING, fieldsMax(4))).toBe(false)
  })

  it('is false for what is no sequence of fields', () => {
    for (const bytes of [[0x80], [0x0a, 5, 1], [0x0b], [0x08], [0x09, 1], [0x0d, 1], new Array(11).fill(0xff)])
      expect(hasFewFields(Uint8Array.from(bytes), ENVELOPE_NESTING, 100)).toBe(false)
    expect(hasFewFields(new Uint8Array(0), ENVELOPE_NESTING, 0)).toBe(true)
  })
})

test.each([
  ['ballots of a proposal', [0x12]],
  ['claims of a proposal', [0x1a]],
  ['views of a proposal', [0x08]],
])('a message of many empty %s is refused before it is decoded', (_, tag) => {
  const rows = 20_000
  const body = Uint8Array.from({ length: 60_000 }, (_, i) => (i % 2 === 0 ? tag[0] : 0))
  const varint = [(body.length & 0x7f) | 0x80, ((body.length >> 7) & 0x7f) | 0x80, body.length >> 14]
  const bytes = Uint8Array.from([0x08, FORMAT_VERSION, 0x32, ...varint, ...body])
  expect(agreement.Envelope.decode(bytes).proposal).not.toBeNull()
  expect(decodeEnvelope(bytes, { agentCount: 4, rows })).toEqual({ rejected: 'MALFORMED' })
})
