import { VigilError } from '@vigil/errors'
import { expect, test } from 'vitest'
import { assertLittleEndian } from './bulk.ts'

test('a big-endian machine is refused with a typed error', () => {
  expect(() => assertLittleEndian('BE')).toThrow(VigilError)
  expect(() => assertLittleEndian('BE')).toThrow('must be LE (little-endian), received BE')
  expect(() => assertLittleEndian('LE')).not.toThrow()
})
