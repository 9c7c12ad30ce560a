import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, type TestBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jetstreamDecisions } from './jetstream-decisions.ts'
import { jetstreamEvents } from './jetstream-events.ts'

if (whyNoBroker !== null) console.warn(`Tests with JetStream are skipped: ${whyNoBroker}.`)

describe.skipIf(whyNoBroker !== null)('JetStream', () => {
  let folder: string
  let server: TestBroker
  let connection: NatsConnection
  let manager: JetStreamManager
  const notes: string[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-jetstream-'))
    server = await startBroker(['-js', '-sd', folder])
    connection = await openBroker(server.broker, { name: 'test', note: (text) => void notes.push(text) })
    manager = await jetstreamManager(connection)
  })
  afterAll(async () => {
    await closeBroker(connection)
    await server.kill()
    rmSync(folder, { recursive: true })
  })

  /** A stream of its own for a test, with some events. */
  async function stream(subject: string, events: readonly string[] = []) {
    await manager.streams.add({ name: subject.toUpperCase(), subjects: [subject] })
    for (const event of events) await jetstream(connection).publish(subject, event)
  }
  const settings = (subject: string, changes: { ackWaitMs?: number } = {}) => {
    const stop = new AbortController()
    return { stop, all: { connection, subject, durable: 'team', ackWaitMs: 30_000, stop: stop.signal, ...changes } }
  }
  const unacknowledged = async (subject: string) => {
    const { num_ack_pending, num_pending } = await manager.consumers.info(subject.toUpperCase(), 'team')
    return num_ack_pending + num_pending
  }

  it('gives events in their order, numbered by the stream, and acknowledges those that were taken', async () => {
    await stream('orders', ['{"id":1}', ' {"id":2}\n', ''])
    const { stop, all } = settings('orders')
    const found: (readonly [number, string | null])[] = []
    for await (const lines of jetstreamEvents(all)) {
      found.push(...lines.map(({ number, text }) => [number, text] as const))
      if (found.length === 3) await jetstream(connection).publish('orders', '{"id":4}')
      if (found.length === 4) stop.abort()
    }
    expect(found).toEqual([
      [1, '{"id":1}'],
      [2, '{"id":2}'],
      [3, ''],
      [4, '{"id":4}'],
    ])
    await expect.poll(() => unacknowledged('orders')).toBe(0)
  })

  it('hands out again to another process what was not taken to its end', async () => {
    await stream('crashes', ['one', 'two'])
    for await (const lines of jetstreamEvents(settings('crashes', { ackWaitMs: 300 }).all)) {
      expect(lines.length).toBeGreaterThan(0)
      break
    }
    expect(await unacknowledged('crashes')).toBe(2)
    const again = new Set<number>()
    const { stop, all } = settings('crashes')
    for await (const lines of jetstreamEvents(all)) {
      for (const { number } of lines) again.add(number)
      if (again.size === 2) stop.abort()
    }
    expect([...again]).toEqual([1, 2])
    await expect.poll(() => unacknowledged('crashes')).toBe(0)
  })

  it('does not take an event twice that comes again while it is decided on', async () => {
    await stream('slow', ['one'])
    const { stop, all } = settings('slow', { ackWaitMs: 100 })
    const found: number[] = []
    for await (const lines of jetstreamEvents(all)) {
      found.push(...lines.map(({ number }) => number))
      // Long enough to be handed out again.
      if (found.length === 1) {
        await pause(400)
        await jetstream(connection).publish('slow', 'two')
      } else stop.abort()
    }
    expect(found).toEqual([1, 2])
    const { num_redelivered } = await manager.consumers.info('SLOW', 'team')
    expect(num_redelivered).toBe(0)
    await expect.poll(() => unacknowledged('slow')).toBe(0)
  })

  it('refuses a subject that no stream keeps', async () => {
    const events = jetstreamEvents(settings('nowhere').all)
    await expect(events.next()).rejects.toMatchObject({ code: 'SUBJECT_MISSING', kind: 'data' })
  })

  it('stores a decision once however often it is published, and again where the server was away', async () => {
    await stream('decided')
    const [told, stop] = [[] as string[], new AbortController()]
    const write = jetstreamDecisions({
      ...{
        connection,
        subject: 'decided',
        team: 'c0',
        stop: stop.signal,
        note: (text: string) => void told.push(text),
      },
    })
    expect(await write('a\nb\n', [1, '1'])).toBe(true)
    expect(await write('b\nc\n', ['1', 2])).toBe(true)
    const stored = async () => (await manager.streams.info('DECIDED')).state.messages
    expect(await stored()).toBe(3)
    await server.kill()
    const late = write('d\n', [3])
    await expect.poll(() => told.length, { timeout: 15_000 }).toBe(1)
    await server.start()
    expect(await late).toBe(true)
    expect(await stored()).toBe(4)
    stop.abort()
    expect(await write('e\n', [4])).toBe(false)
    expect(await stored()).toBe(4)
  })
})
