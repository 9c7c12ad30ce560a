/**
 * Certificates by which the members of a team know each other on a connection: X.509 version 3 (RFC 5280) with an Ed25519 key
 * (RFC 8410), signed by that key itself. The manifest of the epoch lists them, so nobody else has to vouch for them.
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto'

const INTEGER = 0x02
const BIT_STRING = 0x03
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
/** [0] EXPLICIT, of the version */
const VERSION_TAG = 0xa0

/** 1.3.101.112 */
const ED25519 = element(SEQUENCE, element(OBJECT_IDENTIFIER, Buffer.of(0x2b, 0x65, 0x70)))
/** 2.5.4.3 */
const COMMON_NAME = element(OBJECT_IDENTIFIER, Buffer.of(0x55, 0x04, 0x03))

/** The epoch's manifest says how long it is in force, not the certificate (RFC 5280, section 4.1.2.5, for "no end"). */
const VALIDITY = element(SEQUENCE, time('20200101000000Z'), time('99991231235959Z'))

/**
 * A certificate for a key.
 *
 * @param name  whose it is, for people who look at it
 * @param privateKey Ed25519
 * @returns DER
 */
export function selfSigned(name: string, privateKey: KeyObject): Buffer {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  // The last 16 bytes of the key make one number for one key; a first bit of 0 keeps it positive.
  const serial = Buffer.concat([Buffer.of(1), publicKey.subarray(-16)])
  const named = element(SEQUENCE, element(SET, element(SEQUENCE, COMMON_NAME, element(UTF8_STRING, Buffer.from(name)))))
  const version3 = element(VERSION_TAG, element(INTEGER, Buffer.of(2)))
  const body = element(SEQUENCE, version3, element(INTEGER, serial), ED25519, named, VALIDITY, named, publicKey)
  const signature = Buffer.concat([Buffer.of(0), sign(null, body, privateKey)])
  return element(SEQUENCE, body, ED25519, element(BIT_STRING, signature))
}

/** DER in base64 as the PEM that TLS takes. */
export function pemOf(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function time(text: string): Buffer {
  return element(GENERALIZED_TIME, Buffer.from(text))
}

/** Tag, length and content in DER; a certificate stays below 65,536 bytes. */
function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
