/** An environment over HTTP, in the manner of OpenEnv: JSON opens a session, frames of bytes reset and step it. */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { VigilError } from '@vigil/errors'
import { accessRule, isLoopback } from '@vigil/service'
import type { Environment } from '../environment.ts'
import { apiError } from '../errors.ts'
import { resetFrame, stepFrame } from './frame.ts'
import type { Sessions } from './sessions.ts'

/** What a server keeps to. */
export type EnvironmentServerSettings = {
  readonly host: string
  /** What clients must know; null = nothing, on loopback alone. */
  readonly token: string | null
  readonly connections: number
  /** Most bytes of a request: one action for each lane and agent, and JSON of a few keys. */
  readonly bodyBytesMax: number
  readonly patienceMs: number
  /** A connection is kept so long between requests: learners compute in between. */
  readonly idleMs: number
  /** Gets what is no mistake of a client. */
  readonly onDefect: (error: unknown) => void
}

type Answer = { readonly status: number; readonly json: unknown } | { readonly status: number; readonly bytes: Buffer }

const STATUS: Readonly<Record<string, number>> = {
  ...{ UNAUTHORISED: 401, HOST_UNKNOWN: 403, ORIGIN_FOREIGN: 403, SESSION_UNKNOWN: 404, SESSIONS_FULL: 429 },
  MONITOR_FAILED: 500,
}
const JSON_BYTES_MAX = 1024

/** A server that does not listen yet. What is wrong with a request is answered with `{"code", "message"}`. */
export function createEnvironmentServer(sessions: Sessions, settings: EnvironmentServerSettings): Server {
  const { host, token, connections, patienceMs, idleMs } = settings
  const refusalTo = accessRule(token, isLoopback(host) && token === null)
  const timeouts = {
    headersTimeout: patienceMs,
    requestTimeout: patienceMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: patienceMs / 4,
  }
  const server = createHttpServer(timeouts, async (request, response) => {
    try {
      const refusal = refusalTo(request.headers)
      if (refusal !== null) throw refusal
      send(response, route(sessions, request, await bodyOf(request, settings.bodyBytesMax)))
    } catch (error) {
      if (!(error instanceof VigilError) && !response.destroyed) settings.onDefect(error)
      refuse(request, response, error)
    }
  })
  server.maxConnections = connections
  return server
}

function route(sessions: Sessions, { method, url = '' }: IncomingMessage, body: Buffer): Answer {
  const [, root, id, action, ...rest] = url.split('/')
  const way = `${method} ${action ?? (id === undefined ? '' : 'ID')}`
  if (root === 'sessions' && rest.length === 0) {
    if (way === 'POST ') return openSession(sessions, body)
    if (way === 'DELETE ID') {
      sessions.close(id)
      return { status: 200, json: {} }
    }
    if (way === 'GET state') return { status: 200, json: sessions.find(id).state() }
    if (way === 'POST reset') return reset(sessions.find(id), body)
    if (way === 'POST step') return { status: 200, bytes: stepFrame(sessions.find(id).step(body)) }
  }
  throw invalid('the path of a session', 'another method or path')
}

function openSession(sessions: Sessions, body: Buffer): Answer {
  const { lanes = 1, ...rest } = objectIn(body)
  if (typeof lanes !== 'number' || Object.keys(rest).length > 0) throw invalid('{"lanes": N}', 'something else')
  const { id, environment } = sessions.open(lanes)
  const { agents, observationSpace, actionSpace, state } = environment
  const { seed } = state()
  return {
    status: 201,
    json: { session: id, lanes, agents, observationSpace, actionSpace, seed, autoreset: 'SameStep' },
  }
}

function reset(environment: Environment, body: Buffer): Answer {
  const { seed, ...rest } = objectIn(body)
  const isSeed = seed === undefined || typeof seed === 'number'
  if (!isSeed || Object.keys(rest).length > 0) throw invalid('{"seed": N} or nothing', 'something else')
  const { observation } = environment.reset(seed === undefined ? {} : { seed })
  return { status: 200, bytes: resetFrame(observation, environment.lanes, environment.agents.length) }
}

function objectIn(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {}
  if (body.length > JSON_BYTES_MAX) throw invalid(`at most ${JSON_BYTES_MAX} bytes of JSON`, `${body.length}`)
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Refused below.
  }
  throw invalid('a JSON object', 'something else')
}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw invalid(`at most ${bytesMax} bytes`, 'more')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

function invalid(requirement: string, received: string): VigilError {
  return apiError(
    'FRAME_INVALID',
    `Request: needs ${requirement}, received ${received}. docs/environments.md has the protocol.`,
  )
}

function send(response: ServerResponse, answer: Answer): void {
  const isJson = 'json' in answer
  const bytes = isJson ? Buffer.from(JSON.stringify(answer.json)) : answer.bytes
  const type = isJson ? 'application/json' : 'application/octet-stream'
  response.writeHead(answer.status, { 'content-type': type, 'content-length': bytes.length }).end(bytes)
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // The connection of a client that goes away.
  if (response.destroyed || response.headersSent) return
  const known = error instanceof VigilError ? error : null
  const { code, message } = known ?? { code: 'DEFECT', message: 'A defect of Vigil. The log of the server tells more.' }
  if (!request.complete) response.setHeader('connection', 'close')
  send(response, { status: known === null ? 500 : (STATUS[code] ?? 400), json: { code, message } })
}
