import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ed25519Sign, ed25519Verify, generateTeamKeys, keysOfSecret } from './keys.ts'
import { STATEMENT_KINDS, type Statement, statementBytes } from './statement.ts'

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'))
const statements: fc.Arbitrary<Statement> = fc.record({
  run: fc.oneof(fc.constant('ab'.repeat(32)), hex(32)),
  epoch: fc.nat({ max: 3 }),
  batch: fc.nat({ max: 3 }),
  kind: fc.constantFrom(...STATEMENT_KINDS),
  view: fc.nat({ max: 3 }),
  digest: fc.oneof(fc.constant(''), fc.constant('cd'.repeat(32)), hex(32)),
  lockView: fc.integer({ min: -1, max: 2 }),
})

const keys = generateTeamKeys(4)
const verify = ed25519Verify(keys.map(({ publicKey }) => publicKey))

test('the keys of a secret are those of RFC 8032, section 7.1', () => {
  const secret = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
  expect(keysOfSecret(secret).publicKey).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
})

test('different statements have different bytes, and equal ones equal bytes', () => {
  fc.assert(
    fc.property(statements, statements, (first, second) => {
      const isEqual = Buffer.compare(statementBytes(first), statementBytes(second)) === 0
      const values = ({ run, epoch, batch, kind, view, digest, lockView }: Statement) =>
        [run, epoch, batch, kind, view, digest, lockView].join(' ')
      expect(isEqual).toBe(values(first) === values(second))
    }),
    { seed: 1, numRuns: 2000 },
  )
})

describe('a signature', () => {
  test('holds for its agent and its statement, and for no other run, epoch, batch, kind, view, digest or lock', () => {
    fc.assert(
      fc.property(statements, statements, fc.nat({ max: 3 }), (statement, other, agent) => {
        const signature = ed25519Sign(keys[agent].privateKey)(statement)
        expect(verify(agent, statement, signature)).toBe(true)
        expect(verify((agent + 1) % 4, statement, signature)).toBe(false)
        for (const field of Object.keys(statement) as (keyof Statement)[]) {
          if (other[field] === statement[field]) continue
          expect(verify(agent, { ...statement, [field]: other[field] }, signature)).toBe(false)
        }
      }),
      { seed: 2, numRuns: 60 },
    )
  })

  test.each(['', 'zz'.repeat(64), 'ab'.repeat(63), 'AB'.repeat(64), '00'.repeat(64)])('%s is none', (signature) => {
    const statement: Statement = {
      run: 'ab'.repeat(32),
      epoch: 0,
      batch: 0,
      kind: 'prepare',
      view: 0,
      digest: '',
      lockView: -1,
    }
    expect(verify(0, statement, signature)).toBe(false)
    expect(verify(9, statement, ed25519Sign(keys[0].privateKey)(statement))).toBe(false)
  })
})

test.each<[string, () => unknown]>([
  ['a secret of 31 bytes', () => keysOfSecret(new Uint8Array(31))],
  ['a key that is no hex', () => ed25519Verify(['x'.repeat(64)])],
  ['one key twice', () => ed25519Verify([keys[0].publicKey, keys[0].publicKey])],
])('%s is refused', (_, call) => {
  expect(call).toThrow(expect.objectContaining({ name: 'VigilError', code: 'KEY' }))
})
