import { expect, it } from 'vitest'
import { createStreamStates } from './stream-states.ts'

const begin = Float32Array.of(0, 1)

it('keeps what was put into the state of a stream, and begins anew for others', () => {
  const states = createStreamStates(begin, 10)
  states.of('a')[0] = 5
  expect(states.of('a')).toEqual(Float32Array.of(5, 1))
  expect(states.of('b')).toEqual(begin)
  states.of(null)[0] = 7
  expect(states.of(null)).toEqual(begin)
  expect(states.size).toBe(2)
})

it('forgets the stream that was unused longest, and never holds more than its limit', () => {
  const states = createStreamStates(begin, 3)
  for (const name of ['a', 'b', 'c']) states.of(name)[0] = 9
  states.of('a')
  states.of('d')
  expect(states.of('a')[0]).toBe(9)
  expect(states.of('c')[0]).toBe(9)
  expect(states.of('b')[0]).toBe(0)
  for (let i = 0; i < 1000; i++) states.of(`s${i}`)
  expect(states.size).toBe(3)
})
