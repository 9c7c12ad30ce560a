/** A value has one file: whatever says the same in another way is refused, and so is whatever is no file. */
import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, test } from 'vitest'
import { agreement } from '../../generated/agreement.js'
import { keys, settings, terms, votesOf } from '../protocol/team.fixture.ts'
import { agree } from './agree.ts'
import type { BatchCertificate } from './certificate.ts'
import { decodeCertificates, encodeCertificates } from './certificate-file.ts'

const HEADER_BYTES = 12
/** Field 8, a double. */
const THRESHOLD_TAG = 0x41
const sizes = { agentCount: settings.agentCount, faults: settings.faults }
const votes = [0, 1, 2, 3].map((agent) => votesOf(agent))
const [plain] = agree({ terms: { ...terms, rows: 3 }, keys: keys.slice(0, 4), votes })
const weighted: BatchCertificate = {
  ...plain,
  settings: { ...settings, decision: { rule: 'weighted', weights: Uint32Array.of(3, 2, 2, 1), fallbackAction: 0 } },
}

/** The message of the only certificate in a file, and the file of such bytes. */
const bodyOf = (batch: BatchCertificate) => Buffer.from(encodeCertificates([batch])).subarray(HEADER_BYTES + 4)
function fileOf(body: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return new Uint8Array(Buffer.concat([encodeCertificates([]), length, body]))
}

/** The top-level fields of a protobuf message, each with its tag. */
function fieldsOf(body: Uint8Array): Buffer[] {
  const reader = protobuf.Reader.create(body)
  const fields: Buffer[] = []
  while (reader.pos < reader.len) {
    const from = reader.pos
    reader.skipType(reader.uint32() & 7)
    fields.push(Buffer.from(body.subarray(from, reader.pos)))
  }
  return fields
}

describe.each([
  ['plain', plain],
  ['weighted', weighted],
])('a %s certificate', (_, batch) => {
  const body = bodyOf(batch)
  const fields = fieldsOf(body)
  const refused = (changed: Uint8Array) =>
    expect(() => decodeCertificates(fileOf(changed), sizes)).toThrow(
      expect.objectContaining({ name: 'VigilError', code: 'CERTIFICATE_FILE' }),
    )

  test('is read as it was written', () => {
    const [read, ...others] = decodeCertificates(fileOf(body), sizes)
    expect(others).toEqual([])
    expect(Buffer.from(encodeCertificates([read]))).toEqual(Buffer.from(fileOf(body)))
  })

  test('with an unknown field, anywhere', () => {
    const unknown = Uint8Array.of(0xf8, 0x07, 1)
    for (let at = 0; at <= fields.length; at++) refused(Buffer.concat(fields.toSpliced(at, 0, Buffer.from(unknown))))
  })

  test('with any field twice, or in another order', () => {
    for (const [i, field] of fields.entries()) {
      refused(Buffer.concat([...fields, field]))
      if (i > 0 && !field.equals(fields[0])) refused(Buffer.concat([field, ...fields.toSpliced(i, 1)]))
    }
  })

  test('with padded numbers: tags, and values of one byte', () => {
    for (const [i, field] of fields.entries()) {
      const padded = Buffer.concat([Uint8Array.of(field[0] | 0x80, 0), field.subarray(1)])
      refused(Buffer.concat(fields.with(i, padded)))
      if (field.length !== 2) continue
      refused(Buffer.concat(fields.with(i, Buffer.of(field[0], field[1] | 0x80, 0))))
    }
  })

  test('with bits above those of a number: a u32 of 2^32 more', () => {
    const isNumber = fields.map((field) => (field[0] & 7) === 0 && field.length === 2)
    expect(isNumber.filter(Boolean).length).toBeGreaterThan(2)
    for (const [i, field] of fields.entries()) {
      if (isNumber[i])
        refused(Buffer.concat(fields.with(i, Buffer.of(field[0], field[1] | 0x80, 0x80, 0x80, 0x80, 0x10))))
    }
  })

  test('with something inside a ballot or the certificate that is not read', () => {
    for (const name of ['value', 'certificate'] as const) {
      const parsed = agreement.Certificate.decode(body)
      const inner = name === 'value' ? parsed.value[0] : parsed.certificate!
      const encoded =
        name === 'value' ? agreement.Ballot.encode(inner as never) : agreement.QuorumCertificate.encode(inner as never)
      const bytes = Buffer.from(encoded.finish())
      const at = body.indexOf(bytes)
      expect(at).toBeGreaterThan(0)
      const i = fields.findIndex((field) => field.includes(bytes))
      const longer = Buffer.concat([bytes, Uint8Array.of(0xf8, 0x07, 1)])
      const field = protobuf.Writer.create().uint32(fields[i][0]).bytes(longer).finish()
      refused(Buffer.concat(fields.with(i, Buffer.from(field))))
    }
  })

  test('with zero written out, or as minus zero', () => {
    const [zero] = agree({
      terms: { ...terms, rows: 3, decision: { rule: 'trimmed-median', threshold: 0 } },
      keys: keys.slice(0, 4),
      votes,
    })
    const written = bodyOf(zero)
    expect(decodeCertificates(fileOf(written), sizes)).toHaveLength(1)
    const others = fieldsOf(written).filter((field) => field[0] !== THRESHOLD_TAG)
    const behind = others.findIndex((field) => field[0] > THRESHOLD_TAG)
    for (const last of [0, 0x80]) {
      const field = Buffer.of(THRESHOLD_TAG, 0, 0, 0, 0, 0, 0, 0, last)
      const changed = Buffer.concat(others.toSpliced(behind, 0, field))
      if (!changed.equals(written)) refused(changed)
    }
  })
})

test('10,000 random files: whatever is accepted is written again as it was, byte by byte', () => {
  const bytes = encodeCertificates([plain, weighted])
  const at = fc.nat({ max: bytes.length - 1 })
  const change = fc.oneof(
    fc.tuple(at, fc.nat({ max: 255 })).map(
      ([i, byte]) =>
        (file: Uint8Array) =>
          file.with(i % file.length, byte),
    ),
    fc.tuple(at, fc.nat({ max: 8 }), fc.uint8Array({ maxLength: 8 })).map(
      ([i, removed, added]) =>
        (file: Uint8Array) =>
          new Uint8Array(Buffer.concat([file.subarray(0, i), added, file.subarray(i + removed)])),
    ),
  )
  let accepted = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
      const file = changes.reduce((given, next) => next(given), bytes)
      let read: BatchCertificate[]
      try {
        read = decodeCertificates(file, sizes)
      } catch (error) {
        expect(error).toMatchObject({ name: 'VigilError', code: 'CERTIFICATE_FILE' })
        return
      }
      accepted++
      expect(Buffer.compare(encodeCertificates(read), file)).toBe(0)
    }),
    { seed: 1, numRuns: 10_000 },
  )
  expect(accepted).toBeGreaterThan(100)
})
