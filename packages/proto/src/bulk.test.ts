import { expect, test } from 'vitest'
import { assertLittleEndian } from './bulk.ts'
import { ProtoError } from './errors.ts'

test('a big-endian machine is refused with a typed error', () => {
  expect(() => assertLittleEndian('BE')).toThrow(ProtoError)
  expect(() => assertLittleEndian('BE')).toThrow('must be LE (little-endian), received BE')
  expect(() => assertLittleEndian('LE')).not.toThrow()
})
