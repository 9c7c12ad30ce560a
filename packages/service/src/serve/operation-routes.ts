import type { FastifyInstance } from 'fastify'
import type { DecisionService } from './decision-service.ts'
import { OPENAPI } from './openapi.ts'

/** What tells how the service is and what it is. */
export function addOperationRoutes(
  app: FastifyInstance,
  service: DecisionService,
  { checked, stop }: { readonly checked: number; readonly stop: AbortSignal },
): void {
  app.get('/healthz', async () => ({ alive: true }))
  app.get('/readyz', async (_request, reply) =>
    reply.code(stop.aborted ? 503 : 200).send({ ready: !stop.aborted, checked }),
  )
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await service.metrics.text()),
  )
  app.get('/v1/model', async () => service.model())
  app.get('/v1/drift', async () => service.drift())
  app.get('/v1/shadow', async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(service.shadow())),
  )
  app.get('/openapi.json', async () => OPENAPI)
}
