import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { ENVIRONMENT_STATIC_END } from '@vigil/env-wasm'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createEnvironment } from '../environment.ts'
import { loadWorld, type World } from '../world.ts'
import { createEnvironmentServer } from './server.ts'
import { createSessions } from './sessions.ts'

let world: World
beforeAll(async () => {
  const read = await loadWorld({ dataset: 'synthetic', rows: 1000, agents: 2 })
  world = { ...read, spec: { ...read.spec, mode: 'stream', episodeSteps: 4 } }
})

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.closeAllConnections()
})

const unheard = (error: unknown): never => expect.unreachable(`a defect: ${error}`)

async function start({
  token = null as string | null,
  clock = (): number => 0,
  patienceMs = 1000,
  bytes = Number.POSITIVE_INFINITY,
  onDefect = unheard as (error: unknown) => void,
} = {}) {
  const sessions = createSessions(world, 'train', { sessions: 2, lanes: 20, bytes, idleMs: 1000 }, clock)
  const limits = { connections: 20, bodyBytesMax: 4096, patienceMs, idleMs: 1000 }
  const settings = { host: '127.0.0.1', token, ...limits, onDefect }
  const server = createEnvironmentServer(sessions, settings)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  server.unref()
  const { port } = server.address() as AddressInfo
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const bytes =
      body === undefined || body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body)
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      ...(bytes !== undefined && { body: bytes }),
    })
    const isJson = answer.headers.get('content-type') === 'application/json'
    return {
      status: answer.status,
      json: isJson ? await answer.json() : null,
      bytes: isJson ? null : await answer.arrayBuffer(),
    }
  }
  return { ask, port }
}

/** Reads a frame as its description says, for E lanes, A agents, W inputs, C categories. */
function read(frame: ArrayBuffer, [E, A, W, C]: readonly [number, number, number, number]) {
  const view = new DataView(frame)
  let at = 4
  const numbers = (count: number, bytes: number, get: (at: number) => number) =>
    Array.from({ length: count }, () => {
      at += bytes
      return get(at - bytes)
    })
  const floats = (count: number) => numbers(count, 4, (at) => view.getFloat32(at, true))
  const n = view.getUint32(0, true)
  const parts = {
    ...{ values: floats(E * W), rewards: floats(E * A), final: floats(n * W) },
    ended: numbers(n, 4, (at) => view.getUint32(at, true)),
    categories: numbers(E * C, 2, (at) => view.getUint16(at, true)),
    finalCategories: numbers(n * C, 2, (at) => view.getUint16(at, true)),
    ...{
      terminations: numbers(E, 1, (at) => view.getUint8(at)),
      truncations: numbers(E, 1, (at) => view.getUint8(at)),
    },
    teamActions: numbers(E, 1, (at) => view.getUint8(at)),
  }
  expect(at).toBe(frame.byteLength)
  return parts
}

describe('a session', () => {
  it('plays what the environment plays, byte for byte', async () => {
    const { ask } = await start()
    const { status, json } = await ask('POST', '/sessions', { lanes: 10 })
    expect({ status, lanes: json.lanes, agents: json.agents }).toEqual({
      status: 201,
      lanes: 10,
      agents: ['agent-0', 'agent-1'],
    })
    const env = createEnvironment(world, { lanes: 10 })
    expect(json.observationSpace).toEqual(env.observationSpace)
    const sizes = [10, 2, env.observationSpace.size, env.observationSpace.categories.length] as const
    const begun = read((await ask('POST', `/sessions/${json.session}/reset`, { seed: 3 })).bytes!, sizes)
    const { observation } = env.reset({ seed: 3 })
    expect(begun).toMatchObject({ values: [...observation.values], categories: [...observation.categories], ended: [] })
    let endedCount = 0
    for (let t = 0; t < 9; t++) {
      const actions = Uint8Array.from({ length: 20 }, (_, i) => (i + t) % 4)
      const got = read((await ask('POST', `/sessions/${json.session}/step`, actions)).bytes!, sizes)
      const step = env.step(actions)
      expect(got).toEqual({
        ...{ values: [...step.observation.values], rewards: [...step.rewards], ended: [...step.ended] },
        ...{ final: [...step.finalObservation.values], finalCategories: [...step.finalObservation.categories] },
        categories: [...step.observation.categories],
        ...{
          terminations: [...step.terminations],
          truncations: [...step.truncations],
          teamActions: [...step.teamActions],
        },
      })
      endedCount += got.ended.length
    }
    expect(endedCount).toBeGreaterThan(10)
    expect((await ask('GET', `/sessions/${json.session}/state`)).json).toEqual({
      seed: 3,
      steps: 90,
      episodes: endedCount,
    })
    expect((await ask('DELETE', `/sessions/${json.session}`)).status).toBe(200)
    expect(await ask('GET', `/sessions/${json.session}/state`)).toMatchObject({
      status: 404,
      json: { code: 'SESSION_UNKNOWN' },
    })
  })

  it('takes its place from others until it is closed, or idle where another one needs it', async () => {
    let now = 0
    const { ask } = await start({ clock: () => now })
    const first = await ask('POST', '/sessions', { lanes: 15 })
    expect(await ask('POST', '/sessions', { lanes: 6 })).toMatchObject({ status: 429, json: { code: 'SESSIONS_FULL' } })
    await ask('POST', '/sessions', { lanes: 5 })
    await ask('DELETE', `/sessions/${first.json.session}`)
    await ask('POST', '/sessions', { lanes: 1 })
    expect((await ask('POST', '/sessions', { lanes: 1 })).status).toBe(429)
    now = 1001
    expect((await ask('POST', '/sessions', { lanes: 20 })).status).toBe(201)
  })
})

it('sessions take no more memory together than they may', async () => {
  // Labels are one byte a row, rows and beginnings of streams four.
  const { labels, splits } = world.dataset
  const parts = Object.values(splits).reduce(
    (sum, { rows, streamStarts }) => sum + rows.length + streamStarts.length,
    0,
  )
  const copied = ENVIRONMENT_STATIC_END + labels.length + 4 * parts
  // Plan, rules and one lane.
  const whole = copied + 8192
  for (const { bytes, statuses } of [
    { bytes: copied, statuses: [429] },
    { bytes: whole, statuses: [201, 429] },
    { bytes: 2 * whole, statuses: [201, 201] },
  ]) {
    const { ask } = await start({ bytes })
    for (const status of statuses) expect((await ask('POST', '/sessions', { lanes: 1 })).status).toBe(status)
  }
})

describe('what is refused', () => {
  it.each([
    ['POST', '/sessions', { lanes: 0 }, 400, 'LANES_INVALID'],
    ['POST', '/sessions', { lanes: '3' }, 400, 'FRAME_INVALID'],
    ['POST', '/sessions', { lanes: 1, split: 'test' }, 400, 'FRAME_INVALID'],
    ['POST', '/sessions', [1], 400, 'FRAME_INVALID'],
    ['POST', '/sessions/none/step', undefined, 404, 'SESSION_UNKNOWN'],
    ['GET', '/', undefined, 400, 'FRAME_INVALID'],
  ])('%s %s %j', async (method, path, body, status, code) => {
    const { ask } = await start()
    expect(await ask(method, path, body)).toMatchObject({ status, json: { code } })
  })

  it('bodies that are larger than any could be', async () => {
    const { ask } = await start()
    expect(await ask('POST', '/sessions', new Uint8Array(5000))).toMatchObject({
      status: 400,
      json: { code: 'FRAME_INVALID' },
    })
  })

  it('seeds and actions of a session that cannot be', async () => {
    const { ask } = await start()
    const { json } = await ask('POST', '/sessions')
    const path = `/sessions/${json.session}`
    expect((await ask('POST', `${path}/reset`, { seed: 1.5 })).json.code).toBe('SEED_INVALID')
    expect((await ask('POST', `${path}/reset`, { seed: 'x' })).json.code).toBe('FRAME_INVALID')
    expect((await ask('POST', `${path}/step`, Uint8Array.of(1))).json.code).toBe('ACTIONS_INVALID')
    expect((await ask('POST', `${path}/step`, Uint8Array.of(1, 4))).json.code).toBe('ACTIONS_INVALID')
  })

  it('whoever does not know the token, and pages that were led to loopback by another name', async () => {
    const guarded = await start({ token: 'a-token-of-22-letters-' })
    expect((await guarded.ask('POST', '/sessions')).status).toBe(401)
    const headers = { authorization: 'Bearer a-token-of-22-letters-' }
    expect((await guarded.ask('POST', '/sessions', undefined, headers)).status).toBe(201)
    const { port } = await start()
    expect(
      await raw(
        port,
        'POST /sessions HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1.1 403 /)
  })

  it('pages of another origin, which a browser lets send text to loopback, unless they know the token', async () => {
    const { ask, port } = await start()
    const foreign = [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      ...['https://evil.example', 'null', `http://127.0.0.1:${port + 1}`].map((origin) => ({ origin })),
      ...['cross-site', 'same-site'].map((site) => ({ 'sec-fetch-site': site })),
    ]
    for (const headers of foreign) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
      const head = ['POST /sessions HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Content-Type: text/plain', ...lines]
      const body = 'Content-Length: 12\r\nConnection: close\r\n\r\n{"lanes":20}'
      expect(await raw(port, `${head.join('\r\n')}\r\n${body}`)).toMatch(/^HTTP\/1.1 403 .*ORIGIN_FOREIGN/s)
    }
    // No lane was taken.
    expect((await ask('POST', '/sessions', { lanes: 20 })).status).toBe(201)
    const guarded = await start({ token: 'a-token-of-22-letters-' })
    const request = `POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://ours.example\r\nAuthorization: Bearer a-token-of-22-letters-\r\n`
    expect(await raw(guarded.port, `${request}Content-Length: 0\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 201 /,
    )
  })

  it('clients that never finish what they began', async () => {
    const { port, ask } = await start({ patienceMs: 200 })
    const said = await raw(port, 'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{')
    expect(said).toMatch(/^HTTP\/1.1 408 |^$/)
    expect((await ask('POST', '/sessions')).status).toBe(201)
  })

  it('whatever comes, without a defect', async () => {
    const { ask } = await start()
    const { json } = await ask('POST', '/sessions')
    const action = fc.constantFrom('', '/step', '/reset', '/state', '/step/more', '/__proto__', '?x=1')
    const id = fc.constantFrom(json.session as string, 'constructor', '..%2f', '0')
    const request = fc.record({
      method: fc.constantFrom('POST', 'PUT', 'DELETE'),
      id,
      action,
      body: fc.uint8Array({ maxLength: 40 }),
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ method, id, action, body }) => {
        const isEnd = method === 'DELETE' && action === '' && id === json.session
        if (isEnd) return
        const { status, json: answer } = await ask(method, `/sessions/${id}${action}`, body)
        if (status >= 400)
          expect(answer).toEqual({ code: expect.stringMatching(/INVALID$|UNKNOWN$/), message: expect.any(String) })
      }),
      { numRuns: 200 },
    )
    expect((await ask('GET', `/sessions/${json.session}/state`)).status).toBe(200)
  })
})

it('a defect is answered without its cause, and handed to whoever logs it', async () => {
  const defects: unknown[] = []
  const cause = new TypeError('a clock that stands still')
  const { ask } = await start({
    clock: () => {
      throw cause
    },
    onDefect: (error) => defects.push(error),
  })
  expect(await ask('POST', '/sessions', { lanes: 1 })).toMatchObject({
    status: 500,
    json: { code: 'DEFECT', message: 'A defect of Vigil. The log of the server tells more.' },
  })
  await ask('GET', '/none')
  expect(defects).toEqual([cause])
})

/** Sends text, and reads until the server ends. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(text))
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}
