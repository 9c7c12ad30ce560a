import { connect } from 'node:net'
import type { Bundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { createByteClient, post } from './byte-client.fixture.ts'
import { attack } from './hostile.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  bundle = team.bundle
})
afterAll(() => folder.remove())

let served: Awaited<ReturnType<typeof serveTeam>> | null = null
const serve = async (changes: Parameters<typeof serveTeam>[1] = {}) => {
  served = await serveTeam(bundle, changes)
  return served
}
afterEach(async () => {
  await served?.close()
  served = null
})

const ndjson = { type: 'application/x-ndjson' }
const head = (fields: string) => `POST /v1/decide HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}`

/** What comes on a connection until it is closed, while nothing more is sent. */
async function untilClosed(port: number, bytes: string): Promise<string> {
  let text = ''
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes))
  socket.on('data', (piece) => (text += piece))
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.on('close', resolve))
  return text
}

describe('a service under attack', () => {
  it('answers 2,000 requests of every kind as it must, and closes what is none', async () => {
    const { port, url, metric } = await serve({ idsRemembered: 100_000 })
    const statuses = await attack(port, await createDecider(bundle), { requests: 2000, seed: 1 })
    for (const status of [200, 400, 404, 409, 415]) expect(statuses.get(status)).toBeGreaterThan(5)
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([])
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(await metric('vigil_errors_total{code="DEFECT"}')).toBe(undefined)
    expect(await metric('vigil_waiting_events')).toBe(0)
  })

  it.each([
    ['a body of five megabytes', post('/v1/decide', `{"proto":"${'x'.repeat(5_000_000)}"}`), 413, 'BODY_SIZE'],
    ['an array of too many events', post('/v1/decide', `[${'{},'.repeat(4096)}{}]`), 413, 'BODY_SIZE'],
    ['an array of too many verdicts', post('/v1/feedback', `[${'{},'.repeat(4096)}{}]`), 413, 'BODY_SIZE'],
    ['brackets 65 deep', post('/v1/decide', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`), 400, 'BODY_DEPTH'],
    ['lines for verdicts', post('/v1/feedback', '{}\n', ndjson), 415, 'BODY_TYPE'],
    ['no body', `${head('Content-Length: 0')}\r\n\r\n`, 415, 'BODY_TYPE'],
    ['headers of a megabyte', `${head(`X: ${'x'.repeat(1_000_000)}`)}\r\n\r\n`, 400, 'REQUEST_MALFORMED'],
    ['two lengths', `${head('Content-Length: 2\r\nContent-Length: 3')}\r\n\r\n{}`, 400, 'REQUEST_MALFORMED'],
    [
      'length and pieces',
      `${head('Content-Length: 2\r\nTransfer-Encoding: chunked')}\r\n\r\n{}`,
      400,
      'REQUEST_MALFORMED',
    ],
  ])('refuses %s, and counts it', async (_, bytes, status, code) => {
    const { port, metric } = await serve()
    const client = createByteClient(port)
    const answer = await client.send(bytes)
    // Who still sends may see the connection closed in place of the answer.
    if (answer !== null) expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code])
    expect(await metric(`vigil_errors_total{code="${code}"}`)).toBe(1)
    expect((await client.send(post('/v1/decide', '{"proto":"tcp"}')))?.status).toBe(200)
    client.close()
  })

  it('takes brackets 64 deep, and brackets in texts', async () => {
    const { post: send } = await serve()
    const deep = `{"proto":"tcp","a":${'['.repeat(63)}${']'.repeat(63)}}`
    expect((await send('/v1/decide', deep)).status).toBe(200)
    expect((await send('/v1/decide', { proto: `\\"${'['.repeat(100)}` })).status).toBe(200)
  })

  it('refuses a line that is too long or too deep, and goes on', async () => {
    const { post: send } = await serve()
    const lines = [`{"proto":"${'x'.repeat(1_000_000)}"}`, '['.repeat(100), '{"id":"z","proto":"tcp"}']
    const text = await (await send('/v1/decide', `${lines.join('\n')}\n`, { 'content-type': ndjson.type })).text()
    const answers = text.trimEnd().split('\n')
    expect(answers.map((line) => JSON.parse(line).error?.code)).toEqual(['EVENT_MALFORMED', 'BODY_DEPTH', undefined])
    expect(JSON.parse(answers[2])).toMatchObject({ id: 'z', decided: expect.any(Boolean) })
  })

  it.each([
    ['headers', head('')],
    ['a body', `${head('Content-Type: application/json\r\nContent-Length: 99')}\r\n\r\n{`],
    ['a line', `${head(`Content-Type: ${ndjson.type}\r\nContent-Length: 99`)}\r\n\r\n{"proto":"tcp"}\n{`],
  ])('closes a connection on which %s comes never to an end', async (_, bytes) => {
    const { port, metric } = await serve({ patienceMs: 200 })
    const text = await untilClosed(port, bytes)
    expect(text).toMatch(bytes.includes('tcp') ? /"action":/ : /^(HTTP\/1.1 408 |$)/)
    expect(await metric('vigil_errors_total{code="REQUEST_SLOW"}')).toBe(1)
    expect(await metric('vigil_streams_open')).toBe(0)
  })

  it('takes no more streams of lines, connections or requests than it shall', async () => {
    const { port, post: send, url, close } = await serve({ streams: 1, rate: 5, clock: () => 0 })
    const open = connect({ port, host: '127.0.0.1' })
    const line = '{"proto":"tcp"}\n'
    open.write(`${head(`Content-Type: ${ndjson.type}\r\nTransfer-Encoding: chunked`)}\r\n\r\n10\r\n${line}\r\n`)
    await new Promise((resolve) => open.once('data', resolve))
    const second = await send('/v1/decide', line, { 'content-type': ndjson.type })
    expect([second.status, await second.json()]).toMatchObject([503, { code: 'OVERLOADED' }])
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${url}/healthz`)).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    open.destroy()
    await close()
    const { port: other } = await serve({ connections: 1 })
    const first = connect({ port: other, host: '127.0.0.1' })
    await new Promise<void>((resolve) => first.once('connect', resolve))
    expect(await untilClosed(other, post('/v1/decide', '{"proto":"tcp"}'))).toBe('')
    first.destroy()
  })

  it('refuses a request without its token everywhere but where nothing is told', async () => {
    const token = 'k'.repeat(32)
    const { url, post: send, metric } = await serve({ token })
    const as = async (authorization: string) => (await send('/v1/decide', { proto: 'tcp' }, { authorization })).status
    expect(await as(`Bearer ${token}`)).toBe(200)
    for (const wrong of ['', 'Bearer', `Bearer ${token}x`, `bearer ${token}`, `Basic ${token}`])
      expect(await as(wrong)).toBe(401)
    for (const path of ['/metrics', '/v1/model', '/openapi.json', '/nowhere'])
      expect((await fetch(`${url}${path}`)).status).toBe(401)
    for (const path of ['/healthz', '/readyz']) expect((await fetch(`${url}${path}`)).status).toBe(200)
    expect(await metric('vigil_errors_total{code="UNAUTHORISED"}')).toBe(9)
  })

  it('is not led to loopback under the name of another host', async () => {
    const { port } = await serve()
    const client = createByteClient(port)
    const ask = async (host: string) => (await client.send(`GET /v1/model HTTP/1.1\r\nHost: ${host}\r\n\r\n`))?.status
    expect(await ask('evil.example')).toBe(421)
    expect(await ask('127.0.0.1.evil.example:80')).toBe(421)
    for (const host of ['127.0.0.1', 'localhost:8080', '[::1]:8080']) expect(await ask(host)).toBe(200)
    client.close()
  })

  it('takes nothing from pages of another origin, and everything from its own page', async () => {
    const { port, post: send, metric } = await serve()
    const host = `127.0.0.1:${port}`
    const event = { proto: 'tcp' }
    const as = async (path: string, headers: Record<string, string>) => (await send(path, event, headers)).status
    for (const path of ['/v1/decide', '/v1/feedback']) {
      // What a page sends without a preflight.
      expect(await as(path, { 'content-type': 'text/plain' })).toBe(415)
      for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${port + 1}`])
        expect(await as(path, { origin })).toBe(403)
      for (const site of ['cross-site', 'same-site']) expect(await as(path, { 'sec-fetch-site': site })).toBe(403)
    }
    expect(await metric('vigil_errors_total{code="ORIGIN_FOREIGN"}')).toBe(10)
    expect(await as('/v1/decide', { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await as('/v1/decide', { 'sec-fetch-site': 'none' })).toBe(200)
  })
})

describe('a service that ends', () => {
  it('answers the lines that have come, and no more', async () => {
    const { port, end, url } = await serve()
    let text = ''
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('data', (piece) => (text += piece))
    const line = '{"id":"a","proto":"tcp"}\n{"id":'
    const size = line.length.toString(16)
    socket.write(`${head(`Content-Type: ${ndjson.type}\r\nTransfer-Encoding: chunked`)}\r\n\r\n${size}\r\n${line}\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    const ended = end()
    await new Promise((resolve) => socket.once('end', resolve))
    socket.end()
    await ended
    // One line, and the last piece of the answer: it is whole.
    expect(text.match(/"id":"a"/g)).toHaveLength(1)
    expect(text.endsWith('\r\n0\r\n\r\n')).toBe(true)
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })
})
