import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { serviceError } from '../errors.ts'
import { repeatedly } from './epoch-looks.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('looks go on behind what is wrong with files, each told once, and fail by anything else', async () => {
  const said: string[] = []
  const broken = new Error('too many open files')
  const faults = ['one', 'two', 'one', 'two'].map((text) => serviceError('TEAM_INVALID', text))
  const look = vi.fn(async (note: (text: string) => void) => {
    note('a note')
    const fault = faults.shift()
    throw fault ?? broken
  })
  const { failed, stop } = repeatedly(look, (text) => said.push(text))
  const failure = vi.fn()
  failed.catch(failure)
  await vi.advanceTimersByTimeAsync(4000)
  expect(said).toEqual(['a note', 'one', 'two'])
  expect(failure).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1000)
  expect(failure).toHaveBeenCalledWith(broken)
  await stop()
  await vi.advanceTimersByTimeAsync(5000)
  expect(look).toHaveBeenCalledTimes(5)
})

it('are over when the one that is under way has ended', async () => {
  const look = Promise.withResolvers<void>()
  const { stop } = repeatedly(
    async () => await look.promise,
    () => undefined,
  )
  await vi.advanceTimersByTimeAsync(1000)
  const stopped = vi.fn()
  const stopping = stop().then(stopped)
  await vi.advanceTimersByTimeAsync(5000)
  expect(stopped).not.toHaveBeenCalled()
  look.resolve()
  await stopping
  expect(stopped).toHaveBeenCalledOnce()
})
