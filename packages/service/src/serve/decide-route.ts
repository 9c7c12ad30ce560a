import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { requestError } from '../errors.ts'
import { inputLines, LINE_BYTES_MAX } from '../input-lines.ts'
import { eventOf, malformed, parseInput } from '../live-event.ts'
import type { DecisionService } from './decision-service.ts'
import { assertShallow } from './json-depth.ts'
import type { Answer } from './remembered-answers.ts'
import { requestPieces } from './request-pieces.ts'
import { refusalOf } from './status-code.ts'

/** How an answer ends that is no decision. */
const LEFT_OUT_END = '"leftOut":true}'

/** Most events of one array. */
const ARRAY_EVENTS_MAX = 4096

/** How requests are answered. */
export type RouteSettings = {
  /** Most requests that bring events line by line at a time. */
  readonly streams: number
  readonly patienceMs: number
  /** Asks for an end. */
  readonly stop: AbortSignal
}

/** `POST /v1/decide`: one event, an array of them, or a line for each, answered in the same form. */
export function addDecideRoute(app: FastifyInstance, service: DecisionService, settings: RouteSettings): void {
  // Requests may follow on a connection whose lines have not all been read yet.
  const open = new WeakMap<Socket, Promise<void>>()
  app.addHook('preHandler', async ({ raw }) => await open.get(raw.socket))
  app.post('/v1/decide', async (request, reply) => {
    const { body, raw } = request
    if (body instanceof Readable) {
      if (service.streamsOpen >= settings.streams) throw tooManyStreams(settings.streams)
      const answers = Readable.from(answersByLine(service, body, settings))
      open.set(raw.socket, new Promise((resolve) => answers.once('close', resolve)))
      answers.once('error', (error) => {
        if (reply.raw.headersSent) service.metrics.refused(refusalOf(error).code)
      })
      return reply.type('application/x-ndjson').send(answers)
    }
    const { type, text } = await answerTo(service, parseBody(body))
    return reply.type(type).send(text)
  })
}

/** JSON of a whole body. @throws {VigilError} BODY_TYPE, BODY_DEPTH, EVENT_MALFORMED */
export function parseBody(text: unknown): unknown {
  if (typeof text !== 'string') throw requestError('BODY_TYPE', 'Request: needs a body of the type application/json.')
  assertShallow(text)
  return parseInput(text)
}

async function answerTo(service: DecisionService, value: unknown): Promise<{ type: string; text: string }> {
  if (Array.isArray(value)) {
    if (value.length > ARRAY_EVENTS_MAX) throw tooManyEvents(value.length)
    service.assertRoom(value.length)
    const answers = value.map((event, i) => service.take(() => event, i + 1))
    await service.answered()
    return { type: 'application/json', text: `[${answers.map(jsonOf).join(',')}]` }
  }
  service.assertRoom(1)
  const answer = service.take(() => eventOf(value), 1)
  await service.answered()
  if (answer.error !== null) throw answer.error
  const text = jsonOf(answer)
  return { type: text.endsWith(LEFT_OUT_END) ? 'application/json' : service.mediaType, text }
}

/** Answers of lines that have come together are sent together; no more is read until they have been taken. */
async function* answersByLine(service: DecisionService, body: Readable, settings: RouteSettings) {
  using _open = service.openStream()
  const isCut = () => settings.stop.aborted
  for await (const lines of inputLines(requestPieces(body, settings), isCut)) {
    const answers = lines.map(({ number, text }) => service.take(() => valueOnLine(text), number))
    await service.answered()
    yield answers.map((answer) => `${jsonOf(answer)}\n`).join('')
  }
}

function valueOnLine(text: string | null): unknown {
  if (text === null) throw malformed(`needs at most ${LINE_BYTES_MAX} bytes, received more`)
  return parseBody(text)
}

function jsonOf({ id, json, error }: Answer): string {
  return json ?? JSON.stringify({ id, error: { code: error?.code, message: error?.message } })
}

function tooManyEvents(count: number): Error {
  return requestError(
    'BODY_SIZE',
    `Events: needs at most ${ARRAY_EVENTS_MAX} in an array, received ${count}. Send more as lines, with the type application/x-ndjson.`,
  )
}

function tooManyStreams(count: number): Error {
  return requestError(
    'OVERLOADED',
    `Request: needs a stream of events to be free, and all ${count} are open. Try again.`,
  )
}
