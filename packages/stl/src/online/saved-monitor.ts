/**
 * A monitor's state as bytes, little-endian:
 *
 *   | "vigilstl" | format u32 | kind u32 | program, SHA-256 [32] | numbers f64 [n] | SHA-256 of all before [32] |
 *
 * Numbers go in and out bit for bit. What is opened has the right program and was not changed; what the numbers mean, and
 * whether a monitor can have them, is for the monitor to check.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { StlError } from '../errors.ts'
import type { Program } from '../program/program.ts'

const MAGIC = Buffer.from('vigilstl', 'latin1')
/** Raised when the layout, or what a monitor's numbers mean, changes. */
const FORMAT = 1
const KINDS = { steps: 1, seconds: 2 } as const
const HEADER_BYTES = 48
const DIGEST_BYTES = 32

/** Writes a state. */
export function sealState(program: Program, numbers: Float64Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + 8 * numbers.length + DIGEST_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(FORMAT, 8)
  bytes.writeUInt32LE(KINDS[program.time], 12)
  fingerprintOf(program).copy(bytes, 16)
  for (const [i, value] of numbers.entries()) bytes.writeDoubleLE(value, HEADER_BYTES + 8 * i)
  digestOf(bytes).copy(bytes, bytes.length - DIGEST_BYTES)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/**
 * Reads a state.
 *
 * @param countMax most numbers that the program's monitor has
 * @throws {StlError} MONITOR_STATE for bytes that are no state of this program, or were changed
 */
export function openState(program: Program, state: Uint8Array, countMax: number): Float64Array {
  const bytes = Buffer.from(state.buffer, state.byteOffset, state.length)
  const size = bytes.length - HEADER_BYTES - DIGEST_BYTES
  if (size < 0 || size % 8 !== 0 || !bytes.subarray(0, 8).equals(MAGIC)) {
    throw stateError(`These ${bytes.length} bytes are not one.`)
  }
  if (size / 8 > countMax) throw stateError(`It has ${size / 8} numbers, where this formula has up to ${countMax}.`)
  const format = bytes.readUInt32LE(8)
  if (format !== FORMAT) throw stateError(`It has format ${format}, and this version reads format ${FORMAT}.`)
  const digest = bytes.subarray(bytes.length - DIGEST_BYTES)
  if (!timingSafeEqual(digest, digestOf(bytes)))
    throw stateError('Its digest does not fit: it was changed or cut short.')
  const isOwn =
    bytes.readUInt32LE(12) === KINDS[program.time] && bytes.subarray(16, HEADER_BYTES).equals(fingerprintOf(program))
  if (!isOwn) throw stateError('It is that of another formula, dialect or sampling period.')
  const numbers = new Float64Array(size / 8)
  for (let i = 0; i < numbers.length; i++) numbers[i] = bytes.readDoubleLE(HEADER_BYTES + 8 * i)
  return numbers
}

/** The error for a state that no monitor of the program would have left. */
export function stateError(why: string): StlError {
  const message = `A monitor's state was expected, as save() makes it for the same formula. ${why} Begin with a new monitor.`
  return new StlError('MONITOR_STATE', message)
}

/** What the numbers of a state depend on. */
function fingerprintOf({ operations, result, signals, profile, time }: Program): Buffer {
  const lines = operations.map(({ op, a, b, width, value }) => `${op} ${a} ${b} ${width} ${value}`)
  return createHash('sha256')
    .update(JSON.stringify([time, profile.traceEnd, result, signals, lines]))
    .digest()
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256')
    .update(bytes.subarray(0, bytes.length - DIGEST_BYTES))
    .digest()
}
