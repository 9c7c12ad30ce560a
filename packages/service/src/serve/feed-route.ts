import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { requestError } from '../errors.ts'
import type { DecisionService } from './decision-service.ts'

/** Most pages that are told of decisions at a time. */
const READERS_MAX = 16
/** A page for which more waits than this does not read: its connection ends. */
const WAITING_BYTES_MAX = 256 * 1024
/** Longer texts name no stream. */
const STREAM_LENGTH_MAX = 10_000

/** How pages are told of decisions. */
type FeedSettings = {
  /** Milliseconds between frames. */
  readonly frameMs: number
  /** Asks for an end. */
  readonly stop: AbortSignal
}

/**
 * `GET /v1/events`: frames of what is decided, as server-sent events, the same for all who read. `GET /v1/decisions?stream=NAME`: of the
 * latest decisions those on a stream.
 */
export function addFeedRoutes(app: FastifyInstance, service: DecisionService, { frameMs, stop }: FeedSettings): void {
  const readers = new Set<ServerResponse>()
  let timer: NodeJS.Timeout | null = null

  function tell(): void {
    const text = `data: ${JSON.stringify(service.frame())}\n\n`
    for (const reader of readers) {
      if (reader.writableLength > WAITING_BYTES_MAX) {
        service.metrics.refused('READER_SLOW')
        reader.destroy()
      } else reader.write(text)
    }
  }

  function leave(reader: ServerResponse): void {
    readers.delete(reader)
    if (readers.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }

  stop.addEventListener('abort', () => {
    for (const reader of readers) reader.end()
  })
  app.get('/v1/events', (_request, reply) => {
    if (stop.aborted) throw requestError('STOPPING', 'Service: it is ending. Ask another one.')
    if (readers.size >= READERS_MAX) {
      throw requestError('OVERLOADED', `Request: needs one of ${READERS_MAX} readers to leave. Close a page.`)
    }
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    // What came before the first reader is nobody's news.
    if (readers.size === 0) service.frame()
    raw.flushHeaders()
    readers.add(raw)
    raw.once('close', () => leave(raw))
    timer ??= setInterval(tell, frameMs).unref()
  })
  app.get('/v1/decisions', async (request) => {
    const { stream } = request.query as Record<string, unknown>
    if (typeof stream === 'string' && stream.length <= STREAM_LENGTH_MAX) return service.decisionsOn(stream)
    throw requestError('QUERY_INVALID', 'Request: needs the name of a stream, as in /v1/decisions?stream=h1.')
  })
}
