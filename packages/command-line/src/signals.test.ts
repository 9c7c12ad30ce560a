import { afterEach, beforeEach, expect, it } from 'vitest'
import { type SignalWatch, watchSignals } from './signals.ts'

let ended: [number, string][]
let signals: SignalWatch
beforeEach(() => {
  ended = []
  signals = watchSignals((...how) => ended.push(how))
})
afterEach(() => signals.close())

/** Sends a signal as the system does, without the listeners that this process has besides. */
function send(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  process.listeners(signal).at(-1)!(signal)
}

it('leaves the signals to the system until somebody listens', () => {
  const before = process.listenerCount('SIGTERM')
  const stop = signals.onRequest(() => undefined)
  expect(process.listenerCount('SIGTERM')).toBe(before + 1)
  stop()
  expect(process.listenerCount('SIGTERM')).toBe(before + 1)
})

it('ends at once with 128 + the number of the signal where nobody listens any more', () => {
  signals.onRequest(() => undefined)()
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) send(signal)
  expect(ended).toEqual([
    [129, 'SIGHUP'],
    [130, 'SIGINT'],
    [143, 'SIGTERM'],
  ])
  expect(signals.requested()).toBe(false)
  expect(signals.exitCode()).toBeNull()
})

it('asks those who listen, once, and ends at the second signal', () => {
  const told: string[] = []
  const unsubscribe = signals.onRequest(() => told.push('first training'))
  signals.onRequest(() => told.push('second training'))
  unsubscribe()
  unsubscribe()
  send('SIGTERM')
  expect([signals.requested(), signals.exitCode(), told, ended]).toEqual([true, 143, ['second training'], []])
  send('SIGINT')
  expect([told, ended]).toEqual([['second training'], [[130, 'SIGINT']]])
  expect(signals.exitCode()).toBe(143)
})

it('leaves no listener behind', () => {
  signals.onRequest(() => undefined)
  const before = process.listenerCount('SIGHUP')
  signals.close()
  expect(process.listenerCount('SIGHUP')).toBe(before - 1)
})
