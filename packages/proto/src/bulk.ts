/**
 * Bulk fields: the memory of one little-endian typed array as the bytes of a protobuf field.
 *
 * Reading copies. A bytes field begins at any offset, typed arrays only at multiples of their element size; and a
 * copy can be checked once and for all even when the message lies in memory that another thread can still write to.
 * The length is checked before the copy, so that no more is allocated than the message holds.
 */

import { endianness } from 'node:os'
import type { VigilError } from '@vigil/errors'
import { damagedRemedy, protoError } from './errors.ts'

/** Largest finite f32. */
const FLOAT32_MAX = 3.4028234663852886e38

/**
 * Bulk fields are written and read as they lie in memory, which is right on little-endian machines only.
 * WebAssembly, which fills these arrays, is little-endian everywhere.
 *
 * @throws {VigilError} BIG_ENDIAN_HOST
 */
export function assertLittleEndian(byteOrder: string): void {
  if (byteOrder === 'LE') return
  throw protoError('BIG_ENDIAN_HOST', {
    field: 'The byte order of this machine',
    requirement: 'must be LE (little-endian)',
    received: byteOrder,
    remedy: 'Run on x86-64, arm64 or another little-endian machine',
  })
}

// At load, before any message can be misread.
assertLittleEndian(endianness())

/** One bulk field of a received message. */
export type BulkField = {
  /** for error messages, e.g. 'Trajectory.rows' */
  readonly field: string
  /** as received, not trusted, not changed */
  readonly bytes: Uint8Array
  /** elements (not bytes) that it must hold */
  readonly length: number
}

/** The bytes of an array: a view, no copy. */
export function bytesOf(array: Float32Array | Uint32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/**
 * @param bulk the field
 * @param max  largest value allowed, default: the largest f32
 * @returns a copy, every value finite and at most `max`
 * @throws {VigilError} LENGTH, NOT_FINITE, OUT_OF_RANGE
 */
export function readFloat32(bulk: BulkField, max: number = FLOAT32_MAX): Float32Array {
  const values = new Float32Array(copyExact(bulk, Float32Array.BYTES_PER_ELEMENT).buffer)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    // NaN fails both comparisons.
    if (!(value >= -FLOAT32_MAX && value <= max)) throw badFloat(bulk.field, i, value, max)
  }
  return values
}

/**
 * @param bulk  the field
 * @param limit every value must be below it
 * @returns a copy
 * @throws {VigilError} LENGTH, OUT_OF_RANGE
 */
export function readUint32(bulk: BulkField, limit: number): Uint32Array {
  const values = new Uint32Array(copyExact(bulk, Uint32Array.BYTES_PER_ELEMENT).buffer)
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= limit) throw notBelow(bulk.field, i, values[i], limit)
  }
  return values
}

/**
 * @param bulk  the field
 * @param limit every value must be below it
 * @returns a copy
 * @throws {VigilError} LENGTH, OUT_OF_RANGE
 */
export function readUint8(bulk: BulkField, limit: number): Uint8Array {
  const values = copyExact(bulk, Uint8Array.BYTES_PER_ELEMENT)
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= limit) throw notBelow(bulk.field, i, values[i], limit)
  }
  return values
}

function copyExact({ field, bytes, length }: BulkField, elementBytes: number): Uint8Array<ArrayBuffer> {
  if (bytes.length !== length * elementBytes) {
    throw protoError('LENGTH', {
      field,
      requirement: `must hold ${length * elementBytes} bytes (${length} x ${elementBytes})`,
      received: `${bytes.length} bytes`,
      remedy: damagedRemedy,
    })
  }
  return new Uint8Array(bytes)
}

function badFloat(field: string, index: number, value: number, max: number): VigilError {
  if (!Number.isFinite(value)) {
    return protoError('NOT_FINITE', {
      field,
      requirement: 'must be finite',
      received: `${value} at index ${index}`,
      remedy:
        'Either training diverged (lower the learning rate, look at the gradient norms) or the message is damaged',
    })
  }
  return protoError('OUT_OF_RANGE', {
    field,
    requirement: `must be at most ${max}`,
    received: `${value} at index ${index}`,
    remedy: damagedRemedy,
  })
}

function notBelow(field: string, index: number, value: number, limit: number): VigilError {
  return protoError('OUT_OF_RANGE', {
    field,
    requirement: `must be below ${limit}`,
    received: `${value} at index ${index}`,
    remedy: damagedRemedy,
  })
}
