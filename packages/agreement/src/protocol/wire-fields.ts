/** The fields of a message that hold messages, by number; what they hold in turn. */
export type Nesting = { readonly [field: number]: Nesting }

const PLAIN: Nesting = {}
const CERTIFICATE: Nesting = { 4: PLAIN }

/** Envelope of proto/agreement.proto. */
export const ENVELOPE_NESTING: Nesting = {
  5: PLAIN,
  6: { 2: PLAIN, 3: PLAIN, 4: CERTIFICATE },
  7: PLAIN,
  8: CERTIFICATE,
  9: { 1: CERTIFICATE, 2: PLAIN },
  10: { 1: PLAIN, 2: PLAIN, 3: CERTIFICATE, 4: PLAIN },
  11: { 2: PLAIN, 3: PLAIN },
  12: PLAIN,
}

/** Certificate of proto/agreement.proto. */
export const BATCH_CERTIFICATE_NESTING: Nesting = { 10: PLAIN, 11: CERTIFICATE }

/** Most fields of a canonical message: a ballot and a claim of every agent, two certificates, and what stands once. */
export function fieldsMax(agentCount: number): number {
  return agentCount * (6 + 6 + 2 * 3) + 40
}

/**
 * Whether protobuf bytes have few enough fields, nested ones included, to be worth a decoder: it makes an object for every
 * nested message, so that two bytes may cost a hundred. Looks at each field once and makes nothing.
 *
 * @returns false as well where the bytes are no sequence of fields
 */
export function hasFewFields(bytes: Uint8Array, nesting: Nesting, limit: number): boolean {
  return countFields({ bytes, limit, count: 0 }, 0, bytes.length, nesting)
}

/** Counts the fields in [begin, end). */
function countFields(
  walk: { readonly bytes: Uint8Array; readonly limit: number; count: number },
  begin: number,
  end: number,
  nesting: Nesting,
): boolean {
  const { bytes } = walk
  let at = begin
  while (at < end) {
    if (++walk.count > walk.limit) return false
    const tag = readVarint(bytes, at, end)
    if (tag === null) return false
    const [field, wireType] = [Math.floor(tag.value / 8), tag.value % 8]
    if (wireType === 1) at = tag.next + 8
    else if (wireType === 5) at = tag.next + 4
    else if (wireType === 0 || wireType === 2) {
      const read = readVarint(bytes, tag.next, end)
      if (read === null) return false
      at = wireType === 0 ? read.next : read.next + read.value
      const within = wireType === 2 && Object.hasOwn(nesting, field) ? nesting[field] : null
      if (at > end || (within !== null && !countFields(walk, read.next, at, within))) return false
    } else return false
  }
  return at === end
}

/** A varint of at most ten bytes; null where it does not end. Numbers above 2^53 lose digits, and are no size or field. */
function readVarint(bytes: Uint8Array, at: number, end: number): { value: number; next: number } | null {
  let value = 0
  for (let i = 0; i < 10 && at + i < end; i++) {
    const byte = bytes[at + i]
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, next: at + i + 1 }
  }
  return null
}
