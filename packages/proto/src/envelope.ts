/** What both messages have in common: size, protobuf parsing, format version, policy version, dataset fingerprint. */
import protobuf from 'protobufjs/minimal.js'
import { damagedRemedy, protoError } from './errors.ts'

/** Version of the layout of both messages. Raised whenever the meaning of a field changes. */
export const formatVersion = 2

/** Bytes of a dataset fingerprint (SHA-256). */
const fingerprintBytes = 32

/** Upper bound of everything in a message that is not bulk: tags, lengths, numbers, the fingerprint. */
export const HEADER_BYTES_MAX = 256

/** protobuf lengths are signed 32-bit numbers. */
const MESSAGE_BYTES_MAX = 2 ** 31 - 1

const UINT32_MAX = 2 ** 32 - 1

/** The half of a generated message class that encodes. */
export type Encoder<Fields> = { encode(message: Fields, writer: protobuf.Writer): protobuf.Writer }

/** The half of a generated message class that decodes. */
export type Decoder<Message> = { decode(bytes: Uint8Array): Message }

/**
 * Serialises into one buffer of the right size, so that every bulk field is copied once.
 *
 * @param bulkBytes sum of the lengths of the bulk fields
 * @returns the only view on its own buffer (not a part of Node's shared pool), so that the caller may transfer it to
 *          another thread: `postMessage(bytes, [bytes.buffer])`
 */
export function encodeMessage<Fields>(type: Encoder<Fields>, message: Fields, bulkBytes: number): Uint8Array {
  const writer = new protobuf.Writer()
  writer.buf = new Uint8Array(bulkBytes + HEADER_BYTES_MAX)
  return type.encode(message, writer).finish(true)
}

/**
 * Parses a message whose bulk fields must hold `bulkBytes` in all. The size is checked first, so the work and the
 * memory are bounded by what is expected, whatever is received. Bytes fields of the result are views of `bytes`.
 *
 * @param name for error messages, e.g. 'Trajectory'
 * @throws {VigilError} SIZE, MALFORMED
 */
export function parseMessage<Message>(
  type: Decoder<Message>,
  { name, bytes, bulkBytes }: { name: string; bytes: Uint8Array; bulkBytes: number },
): Message {
  if (!(bytes instanceof Uint8Array)) {
    throw protoError('MALFORMED', {
      field: name,
      requirement: 'must be a Uint8Array',
      received: bytes === null ? 'null' : typeof bytes,
      remedy: 'Pass the bytes that the encoder returned',
    })
  }
  if (bytes.length < bulkBytes || bytes.length > bulkBytes + HEADER_BYTES_MAX) {
    throw protoError('SIZE', {
      field: name,
      requirement: `must have ${bulkBytes} to ${bulkBytes + HEADER_BYTES_MAX} bytes for the expected shape`,
      received: `${bytes.length} bytes`,
      remedy: 'Sender and receiver must use the same shapes; otherwise the message was cut off or padded',
    })
  }
  try {
    return type.decode(bytes)
  } catch (error) {
    throw protoError(
      'MALFORMED',
      {
        field: name,
        requirement: 'must be a protobuf message',
        received: `bytes that do not parse (${error instanceof Error ? error.message : String(error)})`,
        remedy: damagedRemedy,
      },
      { cause: error },
    )
  }
}

/** @throws {VigilError} FORMAT_VERSION */
export function assertFormatVersion(name: string, received: number): void {
  if (received === formatVersion) return
  throw protoError('FORMAT_VERSION', {
    field: `${name}.formatVersion`,
    requirement: `must be ${formatVersion}`,
    received: String(received),
    remedy: 'Sender and receiver must run the same version of @vigil/proto',
  })
}

/**
 * The generated code yields a Long object for a uint64, although it is typed as a number. From 2^53 on the conversion
 * rounds, but never to a safe integer.
 *
 * @returns a safe integer >= 0
 * @throws {VigilError} POLICY_VERSION
 */
export function toPolicyVersion(name: string, received: unknown): number {
  const version = Number(received)
  if (Number.isSafeInteger(version) && version >= 0) return version
  throw protoError('POLICY_VERSION', {
    field: `${name}.policyVersion`,
    requirement: `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    received: String(received),
    remedy: 'Count versions up from 0',
  })
}

/**
 * @param expected the receiver's own fingerprint, or the sender's own while encoding
 * @throws {VigilError} FINGERPRINT
 */
export function assertFingerprint(name: string, received: Uint8Array, expected: Uint8Array): void {
  for (const fingerprint of [expected, received]) {
    if (fingerprint.length === fingerprintBytes) continue
    throw protoError('FINGERPRINT', {
      field: `${name}.datasetFingerprint`,
      requirement: `must hold ${fingerprintBytes} bytes`,
      received: `${fingerprint.length} bytes`,
      remedy: 'Pass the fingerprint of the dataset that @vigil/data loaded',
    })
  }
  if (received.every((byte, i) => byte === expected[i])) return
  throw protoError('FINGERPRINT', {
    field: `${name}.datasetFingerprint`,
    requirement: `must be ${hexStart(expected)}`,
    received: hexStart(received),
    remedy: 'Actors and learner loaded different data, features or splits: start both from the same config',
  })
}

/** @throws {VigilError} SHAPE unless `value` is a whole number from `min` to 2^32 - 1 */
export function assertCount(field: string, value: number, min: number): void {
  if (Number.isInteger(value) && value >= min && value <= UINT32_MAX) return
  throw protoError('SHAPE', {
    field,
    requirement: `must be a whole number from ${min} to ${UINT32_MAX}`,
    received: String(value),
    remedy: 'Pass the sizes that the rollout was made with',
  })
}

/** @throws {VigilError} SHAPE */
export function assertSameCount(field: string, received: number, expected: number): void {
  if (received === expected) return
  throw protoError('SHAPE', {
    field,
    requirement: `must be ${expected}`,
    received: String(received),
    remedy: 'Sender and receiver must be started from the same config',
  })
}

/** @throws {VigilError} SHAPE when so much bulk does not fit into one message */
export function assertBulkFits(name: string, bulkBytes: number): void {
  if (bulkBytes + HEADER_BYTES_MAX <= MESSAGE_BYTES_MAX) return
  throw protoError('SHAPE', {
    field: name,
    requirement: `must have a shape that fits into ${MESSAGE_BYTES_MAX} bytes`,
    received: `one of ${bulkBytes} bytes`,
    remedy: 'Use fewer steps or lanes per shard',
  })
}

/** @throws {VigilError} LENGTH when an array to be sent does not hold `expected` values */
export function assertLength(field: string, received: number, expected: number): void {
  if (received === expected) return
  throw protoError('LENGTH', {
    field,
    requirement: `must hold ${expected} values for the given shape`,
    received: `${received} values`,
    remedy: 'Give every array the length that its axes say',
  })
}

function hexStart(bytes: Uint8Array): string {
  return `${Buffer.from(bytes.subarray(0, 8)).toString('hex')}...`
}
