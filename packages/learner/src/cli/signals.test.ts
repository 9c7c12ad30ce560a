import { afterEach, expect, it } from 'vitest'
import { stopOnSignal } from './signals.ts'

let stop: ReturnType<typeof stopOnSignal>
afterEach(() => stop.release())

/** Asks for an end as Ctrl-C does, without the listeners that this process has besides. */
function interrupt(): void {
  process.listeners('SIGINT').at(-1)!('SIGINT')
}

it('tells those who listen, and nobody who has stopped listening', () => {
  const before = process.listenerCount('SIGINT')
  stop = stopOnSignal()
  expect(process.listenerCount('SIGINT')).toBe(before + 1)
  const told: string[] = []
  const unsubscribe = stop.onRequest(() => told.push('first training'))
  stop.onRequest(() => told.push('second training'))
  unsubscribe()
  unsubscribe()
  expect(stop.requested()).toBe(false)
  interrupt()
  expect(stop.requested()).toBe(true)
  expect(told).toEqual(['second training'])
  stop.release()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
