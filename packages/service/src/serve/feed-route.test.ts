import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Decided, Frame } from '@vigil/dashboard'
import { loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import fastify from 'fastify'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import type { DecisionService } from './decision-service.ts'
import { addFeedRoutes } from './feed-route.ts'
import { serveTeam } from './served-team.fixture.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
let events: RawEvent[]
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [] })
  await team.close()
  const recording = await loadRecording(team.request)
  const formula = 'G (response_time_ms <= 60)'
  bundle = {
    ...{ ...team.bundle, pipeline: recording.pipeline },
    environment: { ...team.bundle.environment, specifications: [formula] },
    specifications: [{ name: 'response', formula, target: 0.9 }],
  }
  events = Array.from(recording.order, (row) => ({ ...recording.event(row), id: row }))
})
afterAll(() => folder.remove())

type Served = Awaited<ReturnType<typeof serveTeam>>
let served: Served | null = null
const serve = async (...[changes]: Parameters<typeof serveTeam> extends [unknown, ...infer Rest] ? Rest : never) => {
  served = await serveTeam(bundle, changes)
  return served
}
afterEach(async () => {
  await served?.close()
  served = null
})

const open = async ({ url }: Pick<Served, 'url'>) =>
  await new Promise<IncomingMessage>((resolve) => get(`${url}/v1/events`, { agent: false }, resolve))

/** Frames until they tell of so many decisions. */
async function framesOf(reader: IncomingMessage, decisions: number): Promise<Frame[]> {
  const frames: Frame[] = []
  let text = ''
  for await (const piece of reader.setEncoding('utf8')) {
    const parts = (text + piece).split('\n\n')
    text = parts.pop() ?? ''
    frames.push(...parts.map((part) => JSON.parse(part.replace(/^data: /, '')) as Frame))
    if (frames.reduce((sum, { actions }) => sum + actions.reduce((a, b) => a + b, 0), 0) >= decisions) break
  }
  return frames
}

type Decision = { id: number; action: string; votes: string[]; decided: boolean; score: number }
const NAMES = ['allow', 'block', 'quarantine', 'alert']
const stops = (action: string) => action === 'block' || action === 'quarantine'

it('readers are told of everything that is decided, each of the same', async () => {
  const own = await serve()
  await own.post('/v1/decide', events.slice(0, 50))
  const readers = [await open(own), await open(own)]
  expect(readers[0].headers['content-type']).toBe('text/event-stream')
  const rest = events.slice(50)
  const [one, other, answers] = await Promise.all([
    framesOf(readers[0], rest.length),
    framesOf(readers[1], rest.length),
    own.post('/v1/decide', rest),
  ])
  const decisions = (await answers.json()) as Decision[]
  const total = (of: (frame: Frame) => number) => one.reduce((sum, frame) => sum + of(frame), 0)
  expect(NAMES.map((_, action) => total(({ actions }) => actions[action]))).toEqual(
    NAMES.map((name) => decisions.filter(({ action }) => action === name).length),
  )
  expect(total(({ undecided }) => undecided)).toBe(decisions.filter(({ decided }) => !decided).length)
  for (const agent of [0, 1, 2, 3]) {
    expect(NAMES.map((_, action) => total(({ votes }) => votes[agent][action]))).toEqual(
      NAMES.map((name) => decisions.filter(({ votes }) => votes[agent] === name).length),
    )
    expect(total(({ dissent }) => dissent[agent])).toBe(
      decisions.filter(({ votes, action }) => stops(votes[agent]) !== stops(action)).length,
    )
  }
  const [busiest] = one.toSorted((a, b) => b.latest.length - a.latest.length)
  expect(busiest.latest.map(({ id }) => id)).toEqual(decisions.slice(-busiest.latest.length).map(({ id }) => id))
  expect(busiest.robustness).toEqual([{ name: 'response', min: expect.any(Number) }])
  expect(busiest.latencyMs?.p99).toBeGreaterThanOrEqual(busiest.latencyMs?.median as number)
  expect(other.map(({ at }) => at)).toContain(busiest.at)
})

it('a stream has a timeline of its latest decisions', async () => {
  const own = await serve()
  const decisions = (await (await own.post('/v1/decide', events)).json()) as Decision[]
  const on = async (stream: string) =>
    (await (await fetch(`${own.url}/v1/decisions?stream=${encodeURIComponent(stream)}`)).json()) as Decided[]
  const found = await on('h3')
  const expected = decisions.filter((_, i) => events[i].host === 'h3')
  expect(expected.length).toBeGreaterThan(3)
  expect(found.map(({ id, action, score }) => ({ id, action: NAMES[action], score }))).toEqual(
    expected.map(({ id, action, score }) => ({ id, action, score })),
  )
  expect(await on('nobody')).toEqual([])
  expect((await fetch(`${own.url}/v1/decisions`)).status).toBe(400)
})

it('sixteen read at a time, and one who leaves makes room', async () => {
  const own = await serve()
  const readers = await Promise.all(Array.from({ length: 16 }, async () => await open(own)))
  expect((await open(own)).statusCode).toBe(503)
  readers[3].destroy()
  await wait(50)
  const another = await open(own)
  expect(another.statusCode).toBe(200)
  for (const reader of [...readers, another]) reader.destroy()
})

it('a reader who takes nothing is left, and the others read on', async () => {
  // Frames of a mebibyte: what systems hold of a connection is full after some of them.
  const frame = { padding: 'x'.repeat(2 ** 20) }
  const refused: string[] = []
  const service = { frame: () => frame, metrics: { refused: (code: string) => void refused.push(code) } }
  const app = fastify()
  addFeedRoutes(app, service as unknown as DecisionService, { frameMs: 5, stop: new AbortController().signal })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const own = { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` }
  try {
    const [slow, other] = [await open(own), await open(own)]
    slow.pause()
    let bytes = 0
    other.on('data', (piece: Buffer) => (bytes += piece.length))
    await expect.poll(() => refused, { timeout: 20_000 }).toEqual(['READER_SLOW'])
    const before = bytes
    await expect.poll(() => bytes, { timeout: 20_000 }).toBeGreaterThan(before + 2 ** 21)
    expect(refused).toHaveLength(1)
    other.destroy()
  } finally {
    app.server.closeAllConnections()
    await app.close()
  }
})

it('readers are let go when the service ends', async () => {
  const own = await serve()
  const reader = await open(own)
  const ended = new Promise((resolve) => reader.once('end', resolve))
  reader.resume()
  await own.end()
  await ended
})
