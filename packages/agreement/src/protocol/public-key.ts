/**
 * Which 32 bytes are a public key of Ed25519 (RFC 8032, section 5.1.3): the point (x, y) is written as y, little-endian,
 * with the sign of x in the last bit. node:crypto takes any 32 bytes for a key, and says no to signatures only; which it
 * takes under a key of small order depends on the version of OpenSSL (3.0 takes some, 3.5 none).
 *
 * Three kinds are refused (Chalkias, Garillot and Nikolaenko 2020, "Taming the many EdDSAs", section 2):
 *   y >= p: a second way to write a key, by which one agent could be two;
 *   no point of the curve: no signature holds, and the agent can never take part;
 *   points of small order, [8]A = 0: one signature holds for many statements, and anybody can make it.
 */

/** The field, and the constant of the curve -x^2 + y^2 = 1 + d x^2 y^2. */
const P = 2n ** 255n - 19n
const D = mod(-121665n * power(121666n, P - 2n))

/** Why these are no public key, in words that follow "is"; null when they are one. */
export function faultOfPublicKey(publicKey: string): string | null {
  if (!/^[0-9a-f]{64}$/.test(publicKey)) return 'not 64 hex digits in lower case'
  const bytes = Buffer.from(publicKey, 'hex').reverse()
  bytes[0] &= 0x7f
  const y = BigInt(`0x${bytes.toString('hex')}`)
  if (y >= P) return 'a second encoding of another key'
  const y2 = mod(y * y)
  // x^2 = u / v, and v is never 0. A quotient is a square where the product is one (Euler's criterion).
  const u = mod(y2 - 1n)
  const v = mod(D * y2 + 1n)
  if (u !== 0n && power(u * v, (P - 1n) / 2n) !== 1n) return 'not a point of the curve'
  // Orders 1 and 2 have x = 0, whatever its sign; order 4 has y = 0; those of order 8 double to y = 0, where x^2 = -y^2.
  const isSmall = u === 0n || y === 0n || mod(D * y2 * y2 + 2n * y2 - 1n) === 0n
  return isSmall ? 'a point of small order' : null
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}
