/** Which keys are refused, against an arithmetic of the curve that is written out here: points, sums and multiples. */
import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ed25519Sign, ed25519Verify, generateTeamKeys, keysOfSecret } from '../protocol/keys.ts'
import { faultOfPublicKey } from '../protocol/public-key.ts'
import { type Statement, statementBytes } from '../protocol/statement.ts'
import { terms } from '../protocol/team.fixture.ts'
import { decodePublicTeam, encodePublicTeam } from './public-team.ts'

const P = 57896044618658097711785492504343953926634992332820282019728792003956564819949n
/** Order of the base point. */
const L = 7237005577332262213973186563042994240857116359379907606001950938285454250989n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n
const BASE: Point = {
  x: 15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  y: 46316835694926478169428394003475163141307993866256225615783033603165251855960n,
}
const ZERO: Point = { x: 0n, y: 1n }

type Point = { readonly x: bigint; readonly y: bigint }

const mod = (value: bigint) => ((value % P) + P) % P

/** Square and multiply, from the highest bit. */
function power(base: bigint, exponent: bigint): bigint {
  return [...exponent.toString(2)].reduce((result, bit) => {
    const square = mod(result * result)
    return bit === '1' ? mod(square * base) : square
  }, 1n)
}

/** The complete law of addition (RFC 8032, section 5.1.4, in affine coordinates). */
function add(a: Point, b: Point): Point {
  const t = mod(D * a.x * b.x * a.y * b.y)
  return {
    x: mod((a.x * b.y + b.x * a.y) * power(mod(1n + t), P - 2n)),
    y: mod((a.y * b.y + a.x * b.x) * power(mod(1n - t), P - 2n)),
  }
}

function times(k: bigint, point: Point): Point {
  return [...k.toString(2)].reduce((sum, bit) => (bit === '1' ? add(add(sum, sum), point) : add(sum, sum)), ZERO)
}

/** The point with this y and an even x; null where there is none. Its x is found by trying the roots of RFC 8032. */
function pointAt(y: bigint): Point | null {
  const x2 = mod((y * y - 1n) * power(mod(D * y * y + 1n), P - 2n))
  const root = power(x2, (P + 3n) / 8n)
  const candidates = [root, mod(root * power(2n, (P - 1n) / 4n))]
  const x = candidates.find((candidate) => mod(candidate * candidate) === x2)
  return x === undefined ? null : { x: x % 2n === 0n ? x : P - x, y }
}

function bytesOf(y: bigint, sign: bigint): string {
  const bigEndian = (y | (sign << 255n)).toString(16).padStart(64, '0')
  return Buffer.from(bigEndian, 'hex').reverse().toString('hex')
}

const encode = ({ x, y }: Point) => bytesOf(y, x % 2n)

/** The eight points of small order: L times a point has an order that divides 8, and the multiples of one of order 8 are all. */
function torsionPoints(): Point[] {
  for (let y = 2n; ; y++) {
    const point = pointAt(y)
    const torsion = point === null ? ZERO : times(L, point)
    if (times(4n, torsion).y !== 1n) return [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((k) => times(k, torsion))
  }
}

const torsion = torsionPoints()
const SMALL = 'a point of small order'
const SECOND = 'a second encoding of another key'

test('the arithmetic is that of the curve: the keys of secrets are on it and have order L', () => {
  for (const { publicKey } of [keysOfSecret(new Uint8Array(32)), ...generateTeamKeys(3)]) {
    const bytes = Buffer.from(publicKey, 'hex').reverse()
    bytes[0] &= 0x7f
    const point = pointAt(BigInt(`0x${bytes.toString('hex')}`))!
    expect(times(L, point)).toEqual(ZERO)
  }
  expect(times(L, BASE)).toEqual(ZERO)
  expect(new Set(torsion.map(encode)).size).toBe(8)
})

describe('refused', () => {
  test('all eight points of small order', () => {
    for (const point of torsion) expect(faultOfPublicKey(encode(point))).toBe(SMALL)
  })

  test('x = 0 with a sign', () => {
    for (const y of [1n, P - 1n]) expect(faultOfPublicKey(bytesOf(y, 1n))).toBe(SMALL)
  })

  test('every encoding with y >= p, of small points and of others', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      for (const sign of [0n, 1n]) expect(faultOfPublicKey(bytesOf(y, sign))).toBe(SECOND)
    }
  })

  test.each(['', 'ab', 'ab'.repeat(31), 'ab'.repeat(33), 'AB'.repeat(32), 'xy'.repeat(32), `${'ab'.repeat(32)}\n`])(
    '%j',
    (text) => {
      expect(faultOfPublicKey(text)).toBe('not 64 hex digits in lower case')
    },
  )
})

test('the 800 smallest and largest y: a key where there is a point, and not one of small order', () => {
  const outcomes = new Map<string, number>()
  for (let i = 0n; i < 400n; i++) {
    for (const y of [i, P - 1n - i]) {
      const isSmall = torsion.some((point) => point.y === y)
      const expected = pointAt(y) === null ? 'not a point of the curve' : isSmall ? SMALL : null
      for (const sign of [0n, 1n]) expect(faultOfPublicKey(bytesOf(y, sign)), `y = ${y}`).toBe(expected)
      outcomes.set(String(expected), (outcomes.get(String(expected)) ?? 0) + 1)
    }
  }
  expect(outcomes.size).toBe(3)
})

test('the keys of 200 teams, and multiples of the base point, are keys', () => {
  for (const { publicKey } of generateTeamKeys(200)) expect(faultOfPublicKey(publicKey)).toBeNull()
  for (const k of [1n, 2n, 3n, L - 1n]) expect(faultOfPublicKey(encode(times(k, BASE)))).toBeNull()
})

describe('a team', () => {
  const honest = generateTeamKeys(3).map(({ publicKey }) => publicKey)
  const weak = torsion.map(encode)

  test.each([...weak, bytesOf(1n, 1n), bytesOf(P + 1n, 0n), bytesOf(2n, 0n)])('with the key %s is refused', (key) => {
    const publicKeys = [...honest, key]
    expect(() => ed25519Verify(publicKeys)).toThrow(expect.objectContaining({ code: 'KEY' }))
    const text = encodePublicTeam({ ...terms, publicKeys })
    expect(() => decodePublicTeam(text)).toThrow(expect.objectContaining({ code: 'KEYS_FILE' }))
  })

  test('has no agent with two encodings of one key: y and y + p are not both keys', () => {
    for (let y = 0n; y < 19n; y++) {
      const accepted = [y, y + P].filter((encoded) => faultOfPublicKey(bytesOf(encoded, 0n)) === null)
      expect(accepted.length).toBeLessThanOrEqual(1)
    }
    expect(() => ed25519Verify([...honest, honest[0]])).toThrow(expect.objectContaining({ code: 'KEY' }))
  })
})

describe('what node:crypto makes of signatures', () => {
  const statement: Statement = {
    run: 'ab'.repeat(32),
    epoch: 0,
    batch: 0,
    kind: 'commit',
    view: 0,
    digest: 'cd'.repeat(32),
    lockView: -1,
  }
  const secret = Buffer.alloc(32, 7)
  const { privateKey, publicKey } = keysOfSecret(secret)
  const check = ed25519Verify([publicKey])
  const numberOf = (littleEndian: Uint8Array) => BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`)

  /** S of RFC 8032, section 5.1.6, for a nonce r and any R. */
  function signatureWith(r: bigint, R: string): string {
    const expanded = hash('sha512', secret, 'buffer').subarray(0, 32)
    expanded[0] &= 0xf8
    expanded[31] = (expanded[31] & 0x7f) | 0x40
    const challenge = Buffer.concat([Buffer.from(R + publicKey, 'hex'), statementBytes(statement)])
    const h = numberOf(hash('sha512', challenge, 'buffer'))
    return R + bytesOf((r + h * numberOf(expanded)) % L, 0n)
  }

  test('S + L is no second signature: S must be below L', () => {
    const signature = ed25519Sign(privateKey)(statement)
    expect(check(0, statement, signature)).toBe(true)
    const s = numberOf(Buffer.from(signature.slice(64), 'hex'))
    for (let k = 1n; s + k * L < 2n ** 256n; k++) {
      expect(check(0, statement, signature.slice(0, 64) + bytesOf(s + k * L, 0n))).toBe(false)
    }
  })

  test('the cofactor is not multiplied in: R off by a point of small order holds nowhere', () => {
    const r = 12345n
    const R = times(r, BASE)
    expect(check(0, statement, signatureWith(r, encode(R)))).toBe(true)
    for (const t of torsion.slice(1)) expect(check(0, statement, signatureWith(r, encode(add(R, t))))).toBe(false)
  })

  test('R has one encoding', () => {
    // r = 0: R is the zero point, which 1 + p writes too. (Its first encoding holds in OpenSSL 3.0, and in 3.5 does not.)
    expect(check(0, statement, signatureWith(0n, bytesOf(1n + P, 0n)))).toBe(false)
    expect(check(0, statement, signatureWith(0n, bytesOf(1n, 1n)))).toBe(false)
  })
})
