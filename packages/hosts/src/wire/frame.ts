/**
 * One message: the length of a header (u32, little-endian), the header as JSON, and bytes that it speaks of. The broker takes
 * no message of more than 1 MB: what is larger travels in parts (parts.ts).
 */
import { harmlessText } from '@vigil/command-line'
import type { z } from 'zod'
import { hostsError } from '../errors.ts'

/** Bytes of a header at most: whatever arrives, no more is parsed. */
const HEADER_BYTES_MAX = 16_384

/** Bytes of a body at most, so that a frame fits into a message of the broker's default limit. */
export const PART_BYTES = 512 * 1024

const LENGTH_BYTES = 4

/** A message as it is sent. */
export function encodeFrame(header: object, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const frame = new Uint8Array(LENGTH_BYTES + text.length + body.length)
  new DataView(frame.buffer).setUint32(0, text.length, true)
  frame.set(text, LENGTH_BYTES)
  frame.set(body, LENGTH_BYTES + text.length)
  return frame
}

/**
 * Reads a message of an untrusted sender: lengths before anything is parsed, then the header by its schema.
 *
 * @returns the body is a view of `frame`
 * @throws {VigilError} MESSAGE; no other error leaves this function
 */
export function decodeFrame<Header>(
  frame: Uint8Array,
  schema: z.ZodType<Header>,
): { header: Header; body: Uint8Array } {
  const length = frame.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : lengthOf(frame)
  if (length > HEADER_BYTES_MAX || LENGTH_BYTES + length > frame.length) {
    throw refused(`a header of ${length} bytes in ${frame.length} bytes`)
  }
  const body = frame.subarray(LENGTH_BYTES + length)
  if (body.length > PART_BYTES) throw refused(`a body of ${body.length} bytes, but a part has at most ${PART_BYTES}`)
  const header = schema.safeParse(parse(frame.subarray(LENGTH_BYTES, LENGTH_BYTES + length)))
  if (header.success) return { header: header.data, body }
  const [issue] = header.error.issues
  throw refused(`${issue.path.map((key) => harmlessText(String(key), 40)).join('.') || 'the header'}: ${issue.message}`)
}

function lengthOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0, true)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw refused('a header that is no JSON')
  }
}

function refused(what: string) {
  return hostsError('MESSAGE', `The message is not one of this protocol: ${harmlessText(what, 300)}.`)
}
