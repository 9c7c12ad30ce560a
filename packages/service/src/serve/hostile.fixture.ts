/** Requests as somebody sends them who means no good, and what must become of them. */
import { connect } from 'node:net'
import type { RawEvent } from '@vigil/features'
import { expect } from 'vitest'
import type { Decider } from '../decider.ts'
import { idOf, ownIdOf, writtenDecision } from '../written-decision.ts'
import { createByteClient, type HttpAnswer, post } from './byte-client.fixture.ts'

/** What a service that remembers every id must answer, from a decider of its own. */
function createOracle(decider: Decider) {
  const byId = new Map<string | number, { readonly event: string; readonly answer: string }>()
  const refusal = (id: unknown, code: string) => ({ id, error: { code, message: expect.any(String) } })
  return (value: unknown, position: number): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refusal(position, 'EVENT_MALFORMED')
    const event = value as RawEvent
    const [id, own] = [idOf(event, position), ownIdOf(event)]
    const before = own === null ? undefined : byId.get(own)
    if (before !== undefined) {
      return before.event === JSON.stringify(event) ? JSON.parse(before.answer) : refusal(id, 'ID_CONFLICT')
    }
    if (!decider.columns.some((name) => event[name] != null && !isPlainObject(event[name])))
      return refusal(id, 'EVENT_INVALID')
    const answer = writtenDecision(id, decider.decide([decider.read(event)])[0])
    if (own !== null) byId.set(own, { event: JSON.stringify(event), answer })
    return JSON.parse(answer)
  }
}

const isPlainObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Numbers from 0 to `count` - 1 that depend on where they are drawn alone. */
function drawer(seed: number) {
  let counter = seed
  return (count: number): number => {
    let x = Math.imul(++counter ^ 0x9e3779b9, 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    x = Math.imul(x ^ (x >>> 16), 0x27d4eb2f)
    return ((x ^ (x >>> 15)) >>> 0) % count
  }
}

/** Values as they may stand in a body. */
function drawValues(draw: (count: number) => number) {
  const pick = <T>(...values: readonly T[]): T => values[draw(values.length)]
  const texts = () => pick<unknown>('tcp', 'udp', '', '-', '\u0000', 'é'.repeat(draw(50)))
  const cell = () => pick<unknown>(texts(), texts(), draw(100), -1, 1e308, null, true, [1], { a: 1 })
  const event = (): Record<string, unknown> => ({
    ...(draw(2) === 0 ? { id: pick<unknown>(draw(40), `e${draw(40)}`, '', null, {}) } : {}),
    ...Object.fromEntries(
      Array.from({ length: draw(5) }, () => [pick('host', 'proto', 'bytes', 'port', 'other'), cell()]),
    ),
  })
  const value = (): unknown => (draw(4) === 0 ? cell() : event())
  const noise = (length: number) => String.fromCharCode(...Array.from({ length }, () => draw(256)))
  return { pick, cell, event, value, noise }
}

function expectRefusal(answer: HttpAnswer): void {
  if (answer === null) return
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(JSON.parse(answer.body)).toEqual({ code: expect.any(String), message: expect.any(String) })
}

type Sending = ReturnType<typeof drawValues> & {
  readonly draw: (count: number) => number
  readonly send: (bytes: string | Buffer) => Promise<HttpAnswer>
}

/** Bodies of events, whose answers are known. */
function eventRequests({ send, draw, value }: Sending, oracle: (value: unknown, position: number) => unknown) {
  const values = () => Array.from({ length: 1 + draw(6) }, value)
  return [
    async () => {
      const drawn = value()
      const one = Array.isArray(drawn) ? {} : drawn
      const answer = await send(post('/v1/decide', JSON.stringify(one)))
      const expected = oracle(one, 1) as { error?: object }
      expect(JSON.parse(answer!.body)).toEqual(expected.error ?? expected)
      return answer
    },
    async () => {
      const some = values()
      const answer = await send(post('/v1/decide', JSON.stringify(some)))
      expect(JSON.parse(answer!.body)).toEqual(some.map((one, i) => oracle(one, i + 1)))
      return answer
    },
    async () => {
      const some = values()
      const lines = some.map((one) => `${JSON.stringify(one)}\n`).join('')
      const answer = await send(post('/v1/decide', lines, { type: 'application/x-ndjson' }))
      const found = answer!.body.trimEnd().split('\n')
      expect(found.map((line) => JSON.parse(line))).toEqual(some.map((one, i) => oracle(one, i + 1)))
      return answer
    },
  ]
}

/** Bytes that are refused, or closed upon. */
function refusedBytes({ draw, pick, cell, value, noise }: Sending): (() => string | Buffer)[] {
  const types = () => pick('text/plain', '', 'application/xml', `application/${noise(3)}`, 'multipart/form-data')
  const verdict = () => ({ hostile: pick<unknown>(1, null, 'x'), event: cell() })
  return [
    () => post(pick('/v1/decide', '/v1/feedback'), `{"${noise(draw(40))}`),
    () => post('/v1/decide', `${'[{"a":'.repeat(33 + draw(1000))}1`),
    () => post('/v1/feedback', JSON.stringify(verdict())),
    () => `${pick('GET', 'PUT', 'DELETE', 'X')} /${noise(draw(8))} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    () => post('/v1/decide', JSON.stringify(value()), { type: types() }),
    // What follows the length is the next request, and none.
    () => post('/v1/decide', '{"proto":"tcp","more":"xxxxxxxxxxxxxxxx"}', { length: 20 + draw(10) }),
    () => Buffer.from(`${pick('\u0000', 'GE', 'POST / HTTP/9.9\r\n', noise(3))}${noise(50)}\r\n\r\n`, 'latin1'),
  ]
}

/** A client that goes away in the middle of its request. */
async function leaveEarly(port: number, bytes: string): Promise<null> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(bytes)
      socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(null))
  })
}

/**
 * Sends requests of every kind, and compares each answer with what it must be.
 *
 * @param decider of the same team, which has decided on nothing yet
 * @returns how many requests were answered with each status; 0 = closed
 */
export async function attack(port: number, decider: Decider, { requests, seed }: { requests: number; seed: number }) {
  const draw = drawer(seed)
  const client = createByteClient(port)
  const sending: Sending = { ...drawValues(draw), draw, send: client.send }
  const kinds: (() => Promise<HttpAnswer>)[] = [
    ...eventRequests(sending, createOracle(decider)),
    ...refusedBytes(sending).map((bytes) => async () => {
      const answer = await client.send(bytes())
      expectRefusal(answer)
      return answer
    }),
    async () => {
      const whole = post('/v1/decide', JSON.stringify(sending.event()))
      return await leaveEarly(port, whole.slice(0, draw(whole.length)))
    },
  ]
  const statuses = new Map<number, number>()
  for (let i = 0; i < requests; i++) {
    const status = (await kinds[draw(kinds.length)]())?.status ?? 0
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  client.close()
  return statuses
}
