import type { Socket } from 'node:net'
import type { DashboardFile } from '@vigil/dashboard'
import type { VigilError } from '@vigil/errors'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from 'pino'
import { requestError } from '../errors.ts'
import type { TlsFiles } from '../secret-file.ts'
import { accessRule, isLoopback, rateLimit } from './access.ts'
import { addDashboardRoutes } from './dashboard-route.ts'
import { addDecideRoute } from './decide-route.ts'
import type { DecisionService } from './decision-service.ts'
import { addFeedRoutes } from './feed-route.ts'
import { addFeedbackRoute } from './feedback-route.ts'
import { addOperationRoutes } from './operation-routes.ts'
import { slow } from './request-pieces.ts'
import { refusalOf, statusCodeOf } from './status-code.ts'

/** Most bytes of a body that is read whole. */
const BODY_BYTES_MAX = 4 * 2 ** 20
/** How long the rest of a request is read and thrown away when its answer has been given, in milliseconds. */
const LINGER_MS = 1000
/** A connection on which no byte moves for so many times the patience is ended, as one whose client takes no answers: whoever sends too slowly is told so before. */
const SILENCE_FACTOR = 1.5

/** What the server shall keep to. */
export type ServerSettings = {
  readonly host: string
  /** What clients must know; null = nothing. */
  readonly token: string | null
  /** PEM; null = no TLS. `ca` is of the clients, null = any client */
  readonly tls: TlsFiles | null
  /** Requests of one client in a second, on average and at once. */
  readonly rate: number
  /** Most requests that bring events line by line, and most connections, at a time. */
  readonly streams: number
  readonly connections: number
  /** A request that does not go on for so long is ended. */
  readonly patienceMs: number
  /** Milliseconds between frames of what is decided. */
  readonly frameMs: number
  /** The page and its files. */
  readonly dashboard: readonly DashboardFile[]
  readonly logger: Logger
  /** Asks for an end. */
  readonly stop: AbortSignal
  readonly clock: () => number
}

/** Paths that tell nothing but whether the service is well, and need no token. */
const OPEN_PATHS: readonly (string | undefined)[] = ['/healthz', '/readyz']

/**
 * A server of a team, which does not listen yet. What is wrong with a request is answered with `{"code", "message"}`, counted, and ends
 * nothing but its own connection.
 *
 * @param checked stored events on which the team has decided as before
 */
export function createServer(service: DecisionService, settings: ServerSettings, checked: number): FastifyInstance {
  const { host, token, tls, logger, patienceMs, stop, connections, dashboard } = settings
  const timeouts = { headersTimeout: patienceMs, requestTimeout: 0, connectionsCheckingInterval: patienceMs / 4 }
  const certificates = tls && {
    key: tls.key,
    cert: tls.cert,
    ...(tls.ca === null ? {} : { ca: tls.ca, requestCert: true }),
  }
  const secure = certificates && { ...certificates, rejectUnauthorized: true, handshakeTimeout: patienceMs }
  const app = fastify({
    ...{
      loggerInstance: logger,
      logController: new LogController({ disableRequestLogging: true }),
      exposeHeadRoutes: false,
      return503OnClosing: false,
    },
    ...{ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: 'idle', keepAliveTimeout: patienceMs },
    connectionTimeout: Math.ceil(SILENCE_FACTOR * patienceMs),
    ...(secure === null ? { http: timeouts } : { https: { ...timeouts, ...secure } }),
    frameworkErrors: (error, request, reply) => void refuse(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: (error, socket) => refuseConnection(error, socket as Socket),
  }) as unknown as FastifyInstance
  app.server.maxConnections = connections
  // No answer can be given before the keys have been agreed on.
  app.server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy())
  stop.addEventListener('abort', () => setTimeout(() => app.server.closeAllConnections(), patienceMs).unref())

  function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const refusal = refusalOf(error)
    service.metrics.refused(refusal.code)
    if (refusal.code === 'DEFECT') logger.error({ err: refusal.cause }, 'a defect of Vigil')
    else logger.debug({ code: refusal.code, client: request.ip }, refusal.message)
    const { code, message } = refusal
    if (!request.raw.complete) reply.header('connection', 'close')
    return reply.code(statusCodeOf(refusal)).send({ code, message })
  }

  function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
    // More of what could not be read may come after its answer.
    if (socket.writableEnded) return
    const isSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
    const refusal = (isSlow ? slow(patienceMs) : refusalOf({ ...error, statusCode: 400 })) as VigilError
    service.metrics.refused(refusal.code)
    if (socket.writable && error.code !== 'ECONNRESET') socket.end(wholeAnswer(statusCodeOf(refusal), refusal))
    else socket.destroy()
  }

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.addContentTypeParser('application/x-ndjson', (_request, body, done) => done(null, body))
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply))
  app.setNotFoundHandler((request, reply) => refuse(notFound(), request, reply))
  addGuards(app, settings, isLoopback(host) && tls?.ca == null && token === null)
  addDecideRoute(app, service, settings)
  addFeedbackRoute(app, service)
  addOperationRoutes(app, service, { checked, stop })
  addFeedRoutes(app, service, settings)
  addDashboardRoutes(app, dashboard)
  return app
}

/** Who may ask, how often, and how long he may take over it. */
function addGuards(app: FastifyInstance, settings: ServerSettings, namesLoopback: boolean): void {
  const { token, rate, patienceMs, stop, clock, dashboard } = settings
  const openPaths = [...OPEN_PATHS, ...dashboard.map(({ path }) => path)]
  const refusalTo = accessRule(token, namesLoopback)
  const isWithinRate = rateLimit(rate, clock)
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>()
  app.addHook('onRequest', async (request) => {
    if (!isWithinRate(request.ip)) {
      throw requestError('RATE', `Request: needs at most ${rate} of a client in a second, received more.`)
    }
    const refusal = openPaths.includes(request.routeOptions.url) ? null : refusalTo(request.headers)
    if (refusal !== null) throw refusal
    if (stop.aborted && request.method === 'POST')
      throw requestError('STOPPING', 'Service: it is ending. Ask another one.')
    // Of a body that is read whole; one that comes in lines is watched line by line.
    timers.set(
      request,
      setTimeout(() => request.raw.destroy(slow(patienceMs)), patienceMs),
    )
  })
  app.addHook('preValidation', async (request) => clearTimeout(timers.get(request)))
  app.addHook('onResponse', async (request) => {
    clearTimeout(timers.get(request))
    if (!request.raw.complete) closeSlowly(request.raw.socket)
  })
}

/** Ends a connection on which more of a request may come: who sends it must see the answer first. */
function closeSlowly(socket: Socket): void {
  socket.end()
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

function notFound(): VigilError {
  return requestError('NOT_FOUND', 'Request: needs a path and method of this service. GET /openapi.json lists them.')
}

/** An answer where there is no request that it could be the reply to. */
function wholeAnswer(status: number, { code, message }: VigilError): string {
  const body = JSON.stringify({ code, message })
  const head = `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`
  return `${head}\r\nConnection: close\r\n\r\n${body}`
}
