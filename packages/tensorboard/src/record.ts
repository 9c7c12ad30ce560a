/**
 * Records of a TFRecord file (https://www.tensorflow.org/tutorials/load_data/tfrecord):
 *
 *   u64 length | u32 masked CRC-32C of the length | payload | u32 masked CRC-32C of the payload      all little-endian
 */

/** CRC-32C (Castagnoli, RFC 3720), bits reflected. */
const POLYNOMIAL = 0x82f63b78
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  return crc
})

/**
 * CRC-32C of bytes.
 *
 * @example
 * ```ts
 * crc32c(Buffer.from('123456789')) // 0xe3069283
 * ```
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return ~crc >>> 0
}

/** A CRC that may itself be part of what a CRC is made of: turned by 15 bits, plus a constant. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** One payload as a record. */
export function recordOf(payload: Uint8Array): Uint8Array {
  const record = Buffer.alloc(payload.length + 16)
  record.writeBigUInt64LE(BigInt(payload.length), 0)
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8)
  record.set(payload, 12)
  record.writeUInt32LE(maskedCrc(payload), 12 + payload.length)
  return record
}
