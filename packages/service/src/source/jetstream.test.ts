import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AckPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, type TestBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InputLine } from '../input-lines.ts'
import { jetstreamDecisions } from './jetstream-decisions.ts'
import { jetstreamEvents } from './jetstream-events.ts'
import type { PastStart } from './jetstream-past.ts'

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
  const settings = (subject: string, changes: { ackWaitMs?: number; pastFrom?: PastStart } = {}) => {
    const stop = new AbortController()
    return {
      stop,
      all: {
        ...{ connection, subject, durable: 'team', ackWaitMs: 30_000, pastFrom: null, stop: stop.signal },
        ...{ note: (text: string) => void notes.push(text), ...changes },
      },
    }
  }
  const allOf = async (pieces: AsyncIterable<readonly InputLine[]>) => {
    const lines: InputLine[] = []
    for await (const piece of pieces) lines.push(...piece)
    return lines
  }
  const unacknowledged = async (subject: string) => {
    const { num_ack_pending, num_pending } = await manager.consumers.info(subject.toUpperCase(), 'team')
    return num_ack_pending + num_pending
  }

  it('gives events in their order, numbered by the stream, and acknowledges those that were taken', async () => {
    await stream('orders', ['{"id":1}', ' {"id":2}\n', ''])
    const { stop, all } = settings('orders')
    const found: (readonly [number, string | null])[] = []
    for await (const lines of (await jetstreamEvents(all)).lines) {
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

  it('gives as the past what was acknowledged since a number or a time, and nothing that is still to come', async () => {
    await stream('pasts', ['one', 'two', 'three'])
    await manager.streams.update('PASTS', { subjects: ['pasts', 'beside'] })
    await jetstream(connection).publish('beside', 'of another subject')
    const first = settings('pasts')
    for await (const lines of (await jetstreamEvents(first.all)).lines)
      if (lines.at(-1)?.number === 3) first.stop.abort()
    await expect.poll(() => unacknowledged('pasts')).toBe(0)
    const between = new Date()
    for (const event of ['five', 'six']) await jetstream(connection).publish('pasts', event)
    const pastFrom = async (start: PastStart) => {
      const { past } = await jetstreamEvents(settings('pasts', { pastFrom: start }).all)
      return await allOf(past!)
    }
    const [one, two, three] = ['one', 'two', 'three'].map((text, i) => ({ number: i + 1, text }))
    expect(await pastFrom({ sequence: 0 })).toEqual([one, two, three])
    expect(await pastFrom({ sequence: 2 })).toEqual([two, three])
    expect(await pastFrom({ sequence: 4 })).toEqual([])
    expect(await pastFrom({ time: new Date(0) })).toEqual([one, two, three])
    expect(await pastFrom({ time: between })).toEqual([])
    const { stop, all } = settings('pasts', { pastFrom: { sequence: 1 } })
    const { past, lines } = await jetstreamEvents(all)
    const found = await allOf(past!)
    for await (const together of lines) {
      found.push(...together)
      if (found.length === 5) stop.abort()
    }
    expect(found.map(({ text }) => text)).toEqual(['one', 'two', 'three', 'five', 'six'])
  })

  it('tells of a past that the stream no longer has', async () => {
    await stream('gaps', ['one', 'two', 'three', 'four', 'five', 'six'])
    const first = settings('gaps')
    for await (const lines of (await jetstreamEvents(first.all)).lines)
      if (lines.at(-1)?.number === 6) first.stop.abort()
    await expect.poll(() => unacknowledged('gaps')).toBe(0)
    const pastFrom = async (start: PastStart) => {
      const told: string[] = []
      const note = (text: string) => void told.push(text)
      const { past } = await jetstreamEvents({ ...settings('gaps', { pastFrom: start }).all, note })
      return { numbers: (await allOf(past!)).map(({ number }) => number), told }
    }
    const later = { time: new Date(Date.now() + 1000) }
    expect(await pastFrom({ sequence: 1 })).toEqual({ numbers: [1, 2, 3, 4, 5, 6], told: [] })
    await manager.streams.purge('GAPS', { seq: 3 })
    const cut = ['GAPS has nothing before number 3 any more: what was decided on of that is not remembered']
    expect(await pastFrom({ sequence: 1 })).toEqual({ numbers: [3, 4, 5, 6], told: cut })
    expect(await pastFrom({ time: new Date(0) })).toEqual({ numbers: [3, 4, 5, 6], told: cut })
    expect(await pastFrom({ sequence: 3 })).toEqual({ numbers: [3, 4, 5, 6], told: [] })
    await manager.streams.deleteMessage('GAPS', 5)
    expect(await pastFrom({ sequence: 2 })).toEqual({
      numbers: [3, 4, 6],
      told: [expect.stringMatching(/^GAPS has nothing before number 3 any more, and lacks 1 message between others: /)],
    })
    await manager.streams.purge('GAPS')
    for (const start of [{ sequence: 6 }, { time: new Date(0) }])
      expect(await pastFrom(start)).toEqual({ numbers: [], told: [expect.stringContaining('before number 7')] })
    for (const start of [{ sequence: 7 }, later]) expect(await pastFrom(start)).toEqual({ numbers: [], told: [] })
  })

  it('hands out again to another process what was not taken to its end', async () => {
    await stream('crashes', ['one', 'two'])
    const ending = await openBroker(server.broker, { name: 'crashes', note: () => undefined })
    const crashed = await jetstreamEvents({ ...settings('crashes', { ackWaitMs: 300 }).all, connection: ending })
    expect((await crashed.lines.next()).value).toHaveLength(2)
    // Nothing is given back, as after SIGKILL.
    await ending.close()
    expect(await unacknowledged('crashes')).toBe(2)
    const again = new Set<number>()
    const { stop, all } = settings('crashes', { ackWaitMs: 300 })
    for await (const lines of (await jetstreamEvents(all)).lines) {
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
    for await (const lines of (await jetstreamEvents(all)).lines) {
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

  it('tells up to which number nothing comes again, however many subjects the stream has, and nothing behind what is held', async () => {
    await manager.streams.add({ name: 'SHARED', subjects: ['shared', 'beside-it'] })
    const publish = async (count: number) => {
      for (let i = 0; i < count; i++) {
        connection.publish('shared', '{}')
        connection.publish('beside-it', '{}')
      }
      await connection.flush()
    }
    const take = async (count: number, heldNumber: number | null) => {
      const { stop, all } = settings('shared')
      const found: { readonly number: number; readonly settled: number }[] = []
      const isHeld = (number: number) => number === heldNumber
      for await (const lines of (await jetstreamEvents({ ...all, isHeld })).lines) {
        found.push(...lines.map(({ number, settled }) => ({ number, settled: settled! })))
        if (found.length >= count) stop.abort()
      }
      return found
    }
    await publish(1500)
    const first = await take(1500, null)
    expect(first.map(({ number }) => number)).toEqual(Array.from({ length: 1500 }, (_, i) => 2 * i + 1))
    expect(first[0].settled).toBe(0)
    expect(first[1499].settled).toBeGreaterThan(500)
    for (const { number, settled } of first) expect(settled).toBeLessThan(number)
    await expect.poll(() => unacknowledged('shared')).toBe(0)
    await publish(1500)
    // Event 3003 is not acknowledged: what is behind it is not settled.
    const second = await take(1500, 3003)
    expect(second.map(({ number }) => number)).toContain(3003)
    for (const { settled } of second) expect([2999, 3000, 3001, 3002]).toContain(settled)
  })

  it('gives back in their order, at an end, the events that were handed out and not taken', async () => {
    await stream('orderly')
    const publish = async (count: number) => {
      for (let i = 0; i < count; i++) await jetstream(connection).publish('orderly', '{}')
    }
    await publish(600)
    const take = async (count: number) => {
      const { stop, all } = settings('orderly')
      const numbers: number[] = []
      for await (const lines of (await jetstreamEvents(all)).lines) {
        numbers.push(...lines.map(({ number }) => number))
        if (numbers.length >= count) stop.abort()
        // So long that the server has handed out all that it may.
        else await pause(100)
      }
      return numbers
    }
    const first = await take(2)
    expect(first.length).toBeLessThan(600)
    await publish(10)
    // Without waiting for --ack-seconds, which are 30 here.
    const all = [...first, ...(await take(610 - first.length))]
    expect(all).toEqual(Array.from({ length: 610 }, (_, i) => i + 1))
  })

  it('refuses subjects that no stream keeps, of events and of decisions', async () => {
    const missing = { code: 'SUBJECT_MISSING', kind: 'data' }
    await expect(jetstreamEvents(settings('nowhere').all)).rejects.toMatchObject(missing)
    await expect(decisions('nowhere').write).rejects.toMatchObject(missing)
  })

  it('refuses a durable consumer of something else, and tells when its own is gone', async () => {
    await manager.streams.add({ name: 'MIXED', subjects: ['mixed', 'others'] })
    const invalid = { code: 'DURABLE_INVALID', kind: 'data' }
    const strangers = {
      subject: { filter_subject: 'others', ack_policy: AckPolicy.Explicit },
      unacknowledged: { filter_subject: 'mixed', ack_policy: AckPolicy.None },
      once: { filter_subject: 'mixed', ack_policy: AckPolicy.Explicit, max_deliver: 1 },
    }
    for (const [durable, config] of Object.entries(strangers)) {
      await manager.consumers.add('MIXED', { durable_name: durable, ...config })
      await expect(jetstreamEvents({ ...settings('mixed').all, durable })).rejects.toMatchObject(invalid)
    }
    await expect(jetstreamEvents({ ...settings('mixed').all, durable: 'a.b' })).rejects.toMatchObject(invalid)
    const { lines } = await jetstreamEvents(settings('mixed').all)
    const next = lines.next()
    const ended = expect(next).rejects.toMatchObject(invalid)
    await expect.poll(async () => (await manager.consumers.info('MIXED', 'team')).num_waiting).toBe(1)
    await manager.consumers.delete('MIXED', 'team')
    await ended
  })

  it('tells of a server without JetStream', async () => {
    await using plain = await startBroker()
    const bare = await openBroker(plain.broker, { name: 'test', note: () => undefined })
    const refusal = { code: 'JETSTREAM_REFUSED', kind: 'failure', message: expect.stringContaining('nats-server -js') }
    await expect(jetstreamEvents({ ...settings('any').all, connection: bare })).rejects.toMatchObject(refusal)
    await closeBroker(bare)
  })

  /** What takes decisions on events of a stream. */
  function decisions(subject: string, events = 'EVENTS') {
    const [told, stop] = [[] as string[], new AbortController()]
    const note = (text: string) => void told.push(text)
    const write = jetstreamDecisions({ connection, subject, team: 'c0', events, stop: stop.signal, note })
    const stored = async () => (await manager.streams.info(subject.toUpperCase())).state.messages
    return { told, stop, write, stored }
  }
  const own = (...ids: (string | number)[]) => ids.map((id) => ({ id, isOwn: true }))

  it('stores a decision once however often it is published, and again where the server was away', async () => {
    await stream('decided')
    const { told, stop, write: opening, stored } = decisions('decided')
    const write = await opening
    expect(await write('a\nb\n', own(1, '1'))).toBe(true)
    expect(told).toEqual([])
    expect(await write('b\nc\n', own('1', 2))).toBe(true)
    expect(told).toEqual([expect.stringContaining('1 decision had been stored before, as on 1')])
    expect(await stored()).toBe(3)
    await server.kill()
    const late = write('d\n', own(3))
    await expect.poll(() => told.length, { timeout: 15_000 }).toBe(2)
    await server.start()
    expect(await late).toBe(true)
    expect(await stored()).toBe(4)
    stop.abort()
    expect(await write('e\n', own(4))).toBe(false)
    expect(await stored()).toBe(4)
    expect(told).toHaveLength(2)
  })

  it('tells an event with an id from one that the stream numbers alike, and streams from each other', async () => {
    await stream('alike')
    const [here, there] = [await decisions('alike').write, await decisions('alike', 'OTHERS').write]
    const names = [...own(7), { id: 7, isOwn: false }]
    expect(await here('own id 7\nseventh message\n', names)).toBe(true)
    expect(await there('of another stream\n', [{ id: 7, isOwn: false }])).toBe(true)
    expect((await manager.streams.info('ALIKE')).state.messages).toBe(3)
  })

  it('does not send again for ever what the server will never store', async () => {
    await stream('small')
    const refusal = { code: 'JETSTREAM_REFUSED', kind: 'failure' }
    const { write, stored } = decisions('small')
    await expect((await write)(`${'x'.repeat(1_100_000)}\nfits\n`, own(1, 2))).rejects.toMatchObject(refusal)
    expect(await stored()).toBeLessThan(2)
    await manager.streams.delete('SMALL')
    await expect((await write)('late\n', own(3))).rejects.toMatchObject({ code: 'SUBJECT_MISSING' })
  })
})
