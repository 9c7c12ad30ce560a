import type { FastifyInstance } from 'fastify'
import { requestError } from '../errors.ts'
import { parseBody } from './decide-route.ts'
import type { DecisionService } from './decision-service.ts'

/** Most verdicts of one array. */
const VERDICTS_MAX = 4096

/** `POST /v1/feedback`: one verdict or an array of them, all kept or none. */
export function addFeedbackRoute(app: FastifyInstance, service: DecisionService): void {
  app.post('/v1/feedback', async ({ body }) => {
    const value = parseBody(body)
    const verdicts = Array.isArray(value) ? value : [value]
    if (verdicts.length > VERDICTS_MAX) {
      throw requestError('BODY_SIZE', `Verdicts: needs at most ${VERDICTS_MAX} at once, received ${verdicts.length}.`)
    }
    return await service.hear(verdicts)
  })
}
