/** What is larger than a message: named by its SHA-256, read in parts, put together in order. */
import { createHash } from 'node:crypto'
import { hostsError } from '../errors.ts'
import { PART_BYTES } from './frame.ts'
import type { Reference } from './messages.ts'

/** More than 2 GiB at a time are refused by the hash. */
const PIECE_BYTES = 2 ** 26

/** Bytes that can be asked for. */
export type Parcel = Reference & {
  /** What it is made of, in order: views, not copies */
  readonly sections: readonly Uint8Array[]
}

/** Names bytes by their hash. */
export function parcelOf(sections: readonly Uint8Array[]): Parcel {
  return {
    sections,
    sha256: sha256Of(sections),
    bytes: sections.reduce((sum, { length }) => sum + length, 0),
  }
}

/** In hexadecimal. */
export function sha256Of(sections: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const section of sections) {
    for (let at = 0; at < section.length; at += PIECE_BYTES) hash.update(section.subarray(at, at + PIECE_BYTES))
  }
  return hash.digest('hex')
}

/** The part that begins at a byte, a copy: PART_BYTES, or what is left. Empty behind the end. */
export function partOf({ sections, bytes }: Parcel, at: number): Uint8Array {
  const part = new Uint8Array(Math.max(0, Math.min(PART_BYTES, bytes - at)))
  let begin = 0
  for (const section of sections) {
    const [from, to] = [Math.max(at, begin), Math.min(at + part.length, begin + section.length)]
    if (from < to) part.set(section.subarray(from - begin, to - begin), from - at)
    begin += section.length
  }
  return part
}

/** A parcel that is being put together. */
export type Gathering = {
  /** Bytes that are there. */
  readonly length: number
  /**
   * Adds the next part.
   *
   * @returns all bytes when they are there and have the hash, else null
   * @throws {VigilError} MESSAGE for a part that does not follow, or is too much, and for bytes with another hash
   */
  add(at: number, part: Uint8Array): Uint8Array | null
}

/**
 * Puts a parcel together. Memory is taken for parts that have come, never for what was announced.
 *
 * @param reference its size is the caller's to judge before
 */
export function gather({ sha256, bytes }: Reference): Gathering {
  const parts: Uint8Array[] = []
  let length = 0
  return {
    get length() {
      return length
    },
    add(at, part) {
      const expected = Math.min(PART_BYTES, bytes - length)
      if (at !== length || part.length !== expected) {
        throw hostsError(
          'MESSAGE',
          `A part must hold bytes ${length} to ${length + expected}, not ${part.length} from ${at} on.`,
        )
      }
      parts.push(Uint8Array.from(part)) // slice of a Buffer would be no copy
      length += part.length
      if (length < bytes) return null
      const received = sha256Of(parts)
      if (received !== sha256) {
        throw hostsError(
          'MESSAGE',
          `What arrived has SHA-256 ${received}, but ${sha256} was announced: it was damaged on its way.`,
        )
      }
      return parts.length === 1 ? parts[0] : new Uint8Array(Buffer.concat(parts))
    },
  }
}
