import { expect, it } from 'vitest'
import { type ErrorTable, errorsOf, isErrorOf, VigilError } from './vigil-error.ts'

const BAKERY = { SOLD_OUT: ['failure', 'nothing is left'], PRICE: ['usage', 'no price'] } as const satisfies ErrorTable
const BANK = { PRICE: ['data', 'a price that cannot be'] } as const satisfies ErrorTable

it('gives an error the kind that the table has for its code', () => {
  expect(errorsOf(BAKERY)('PRICE', 'No.')).toMatchObject({
    name: 'VigilError',
    code: 'PRICE',
    kind: 'usage',
    message: 'No.',
  })
  expect(errorsOf(BANK)('PRICE', 'No.')).toMatchObject({ code: 'PRICE', kind: 'data' })
})

it('tells the same code of two tables apart', () => {
  const error = errorsOf(BAKERY)('PRICE', 'No.')
  expect([isErrorOf(BAKERY, error), isErrorOf(BANK, error), isErrorOf(BANK, new Error('PRICE'))]).toEqual([
    true,
    false,
    false,
  ])
})

it('makes sentences of the parts of a message, and keeps the cause', () => {
  const cause = new Error('why')
  const detail = { field: 'price', requirement: 'must be above 0', received: '-1', remedy: 'Ask for money' }
  const error = errorsOf(BAKERY)('PRICE', detail, { cause })
  expect(error).toBeInstanceOf(VigilError)
  expect(error.message).toBe('price must be above 0, received -1. Ask for money.')
  expect(error.cause).toBe(cause)
})

it('names a place, and is still the error of its table', () => {
  const error = errorsOf(BAKERY)('PRICE', 'No.')
  expect(error.at('Line 3')).toMatchObject({ code: 'PRICE', kind: 'usage', message: 'Line 3: No.', cause: error })
  expect(isErrorOf(BAKERY, error.at('Line 3'))).toBe(true)
})
