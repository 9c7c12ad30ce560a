import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, type TestBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '../source/source-flags.ts'
import { openTeamSource, type TeamSourceSettings } from './team-source.ts'

let root: string
let path: string
let out: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-source-'))
  path = join(root, 'events.jsonl')
  out = join(root, 'out')
  mkdirSync(out)
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

/** Nothing that was read is stored before `stored` has ended. */
function settingsOf(changes: Partial<TeamSourceSettings> = {}) {
  const stop = new AbortController()
  const notes: string[] = []
  const settings: TeamSourceSettings = {
    ...{
      out,
      before: { rows: 0, line: 0, isLast: () => false },
      held: new Set<number>(),
      stored: async () => undefined,
    },
    ...{ stop: stop.signal, clock: () => 0, note: (text: string) => void notes.push(text), ...changes },
  }
  return { stop, notes, settings }
}

/** Reads a file until it has given so many lines, as a process that is then killed: nothing more is kept. */
async function read(count: number, changes: Partial<TeamSourceSettings> = {}) {
  const { stop, notes, settings } = settingsOf(changes)
  const { lines } = await openTeamSource({ kind: 'file', path, state: null, everyMs: 1 }, settings)
  const found: (readonly [number, string | null])[] = []
  for await (const together of lines) {
    found.push(...together.map(({ number, text }) => [number, text] as const))
    if (found.length >= count) break
  }
  stop.abort()
  return { found, notes }
}

/** What a folder has of lines, the last of which is that of its last event. */
const after = (line: number, last = '') => ({
  before: { rows: line, line, isLast: ({ text }: { readonly text: string | null }) => text === last },
})

describe('a followed file as the source of a team', () => {
  it('is gone on with behind the last event, wherever the place was kept', async () => {
    writeFileSync(path, 'one\ntwo\n')
    expect((await read(2)).found).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
    appendFileSync(path, 'three\nfour\n')
    // Of the two lines before the second alone is not in the folder, as where it ends between two batches.
    expect((await read(4, after(1, 'one'))).found).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ])
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, 'five\n')
    writeFileSync(path, 'six\n')
    expect((await read(6, after(4, 'four'))).found.slice(-2)).toEqual([
      [5, 'five'],
      [6, 'six'],
    ])
  })

  it('has other numbers where it is written anew, so that none of its lines is taken for one of before', async () => {
    writeFileSync(path, 'one\ntwo\nthree\n')
    let now = 0
    const { settings } = settingsOf({ clock: () => (now += 2000) })
    const { lines } = await openTeamSource({ kind: 'file', path, state: null, everyMs: 1 }, settings)
    const first = lines[Symbol.asyncIterator]()
    await first.next()
    appendFileSync(path, 'four\n')
    // The place behind the third line is kept before the fourth is read.
    await first.next()
    await first.return?.()
    rmSync(path)
    writeFileSync(path, 'new\nlines\n')
    expect((await read(2, after(4))).found).toEqual([
      [5, 'new'],
      [6, 'lines'],
    ])
  })

  it('loses no line of a file that is cut right behind a start, however the process ends', async () => {
    writeFileSync(path, 'a1\na2\n')
    const { settings } = settingsOf()
    const { lines } = await openTeamSource({ kind: 'file', path, state: null, everyMs: 1 }, settings)
    const first = lines[Symbol.asyncIterator]()
    expect((await first.next()).value).toMatchObject([{ number: 1 }, { number: 2 }])
    writeFileSync(path, 'b1\nb2\n')
    expect((await first.next()).value).toMatchObject([{ number: 3 }, { number: 4 }])
    await first.return?.()
    appendFileSync(path, 'b3\n')
    expect((await read(3, after(4, 'b2'))).found).toEqual([
      [3, 'b1'],
      [4, 'b2'],
      [5, 'b3'],
    ])
  })

  it('writes no place that it has written before', async () => {
    writeFileSync(path, 'one\n')
    let [looks, stores] = [0, 0]
    const { stop, settings } = settingsOf({
      stored: async () => void stores++,
      clock: () => {
        if (++looks === 4) stop.abort()
        return 2000 * looks
      },
    })
    const { lines } = await openTeamSource({ kind: 'file', path, state: null, everyMs: 1 }, settings)
    for await (const _ of lines) expect(stores).toBe(1)
    // Kept when it was opened, and behind its line; then nothing came.
    expect(stores).toBe(2)
  })

  it('has no place kept before what is read is stored, nor while a verdict waits', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const kept = () => (JSON.parse(readFileSync(join(out, 'source.json'), 'utf8')) as { place: object | null }).place
    const seen: (object | null)[] = []
    const { stop, settings } = settingsOf({ clock: () => seen.length * 2000, held: new Set([2]) })
    const { lines } = await openTeamSource({ kind: 'file', path, state: null, everyMs: 1 }, settings)
    for await (const _ of lines) {
      seen.push(kept())
      stop.abort()
    }
    expect([...seen, kept()]).toEqual([null, null])
    await expect(read(1, { stored: async () => await Promise.reject(new Error('the disk is full')) })).rejects.toThrow(
      'the disk is full',
    )
    expect(kept()).toBeNull()
  })

  it('is refused in a folder of another one, and of stdin, and stdin in a folder of a file', async () => {
    writeFileSync(path, 'one\n')
    const refusal = { code: 'SOURCE_DIFFERS', kind: 'data' }
    await expect(read(1, after(3))).rejects.toMatchObject(refusal)
    await read(1)
    await expect(openTeamSource({ kind: 'stdin' }, settingsOf(after(1)).settings)).rejects.toMatchObject(refusal)
    const other: Source = { kind: 'file', path: `${path}.other`, state: null, everyMs: 1 }
    await expect(openTeamSource(other, settingsOf(after(1)).settings)).rejects.toMatchObject(refusal)
    writeFileSync(join(out, 'source.json'), '{"source":7}')
    await expect(read(1)).rejects.toMatchObject({ code: 'STATE_INVALID' })
  })
})

if (whyNoBroker !== null) console.warn(`Tests with JetStream are skipped: ${whyNoBroker}.`)

describe.skipIf(whyNoBroker !== null)('a subject as the source of a team', () => {
  let folder: string
  let server: TestBroker
  let connection: NatsConnection
  let manager: JetStreamManager
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-subject-'))
    server = await startBroker(['-js', '-sd', folder])
    connection = await openBroker(server.broker, { name: 'test', note: () => undefined })
    manager = await jetstreamManager(connection)
  })
  afterAll(async () => {
    await closeBroker(connection)
    await server.kill()
    rmSync(folder, { recursive: true })
  })
  const subjectOf = (subject: string): Source => ({
    ...{ kind: 'subject', subject, durable: 'team', broker: server.broker, ackWaitMs: 30_000, pastFrom: null },
  })
  const pending = async (stream: string) => (await manager.consumers.info(stream, 'team')).num_ack_pending

  it('has no acknowledgement of a line that nothing keeps, until it is kept, and gives it again where it never is', async () => {
    await manager.streams.add({ name: 'HELD', subjects: ['held'] })
    const send = async (text: string) => await jetstream(connection).publish('held', text)
    for (const text of ['event', 'verdict']) await send(text)
    const held = new Set<number>()
    const { stop, settings } = settingsOf({ held })
    const { lines, close, isConfirmed } = await openTeamSource(subjectOf('held'), settings)
    expect(isConfirmed).toBe(true)
    const seen: number[] = []
    for await (const together of lines) {
      for (const { number } of together) {
        seen.push(number)
        // Kept with the event behind it, as verdicts are.
        if (number === 2 || number === 4) held.add(number)
        else held.clear()
      }
      if (seen.length === 2) {
        await send('event')
        continue
      }
      if (seen.length === 3) {
        expect(await pending('HELD')).toBe(2)
        await send('verdict')
      } else stop.abort()
    }
    await close()
    expect(seen).toEqual([1, 2, 3, 4])
    const again = settingsOf({ ...after(3) })
    const other = await openTeamSource(subjectOf('held'), again.settings)
    for await (const together of other.lines) {
      expect(together.map(({ number }) => number)).toEqual([4])
      again.stop.abort()
    }
    await other.close()
    await expect.poll(() => pending('HELD')).toBe(0)
  })

  it('is refused where its stream was made anew: other events have the numbers of those that are known', async () => {
    await manager.streams.add({ name: 'ANEW', subjects: ['anew'] })
    await (await openTeamSource(subjectOf('anew'), settingsOf().settings)).close()
    await (await openTeamSource(subjectOf('anew'), settingsOf(after(7)).settings)).close()
    await manager.streams.delete('ANEW')
    await manager.streams.add({ name: 'ANEW', subjects: ['anew'] })
    await expect(openTeamSource(subjectOf('anew'), settingsOf(after(7)).settings)).rejects.toMatchObject({
      code: 'SOURCE_DIFFERS',
    })
    expect((await manager.streams.info('ANEW')).state.consumer_count).toBe(0)
  })
})
