import fc from 'fast-check'
import { expect, it } from 'vitest'
import { idOfWritten, readWrittenEvent, writtenEvent } from './batch-event.ts'

it('the id of a written event is the one that it is read with', () => {
  const id = fc.oneof(fc.string(), fc.stringMatching(/^[[\]{},:"\\]*$/), fc.integer(), fc.double({ noNaN: true }))
  const verdicts = [{ stream: { host: 'h1' }, isHostile: true, id: 'v' }]
  fc.assert(
    fc.property(id, fc.boolean(), (own, isHeard) => {
      fc.pre(typeof own === 'string' || Number.isFinite(own))
      const text = writtenEvent(own, { id: 'other', host: 'h1' }, isHeard ? verdicts : [])
      expect(idOfWritten(text)).toBe(readWrittenEvent(text).id)
    }),
    { seed: 1, numRuns: 500 },
  )
})

it.each([
  ['["a",{"host"', 'a'],
  ['["[,]",', '[,]'],
  ['[-12,no JSON', -12],
])('the id of %s is found without reading what stands behind it', (text, id) => {
  expect(idOfWritten(text)).toBe(id)
  expect(() => readWrittenEvent(text)).toThrow(expect.objectContaining({ code: 'EVENT_MALFORMED' }))
})

it('what is no written event has no id', () => {
  for (const text of ['{"id": 7}', '[true,{}]', '[', '7'])
    expect(() => idOfWritten(text)).toThrow(expect.objectContaining({ code: 'EVENT_MALFORMED' }))
})
