/** The service as OpenAPI 3.1 describes it; a test compares its paths with the routes. */

const json = (schema: object) => ({ 'application/json': { schema } })
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const answer = (description: string, schema: object) => ({ description, content: json(schema) })
const refused = answer('The request is refused.', reference('Refusal'))

const identifier = { oneOf: [{ type: 'string' }, { type: 'number' }] }
const action = { enum: ['allow', 'block', 'quarantine', 'alert'] }

const schemas = {
  Event: {
    description: 'Columns by name, flat or nested, as the description of the training names them, and an id.',
    ...{ type: 'object', properties: { id: identifier }, additionalProperties: true },
  },
  Decision: {
    description:
      'As --output=vigil has it. A service that was started with --output=ocsf or --envelope=cloudevents answers decisions in those forms.',
    type: 'object',
    required: ['id'],
    properties: {
      ...{
        id: identifier,
        action,
        score: { type: 'number' },
        decided: { type: 'boolean' },
        margin: { type: 'number' },
      },
      ...{ votes: { type: 'array', items: action }, scores: { type: 'array', items: { type: 'number' } } },
      why: { type: 'object', description: 'Where the service gives reasons.' },
      shield: {
        description: 'Where a shield has replaced the action of the team.',
        ...{ type: 'object', properties: { from: action, to: action, specification: { type: 'string' } } },
      },
      late: { const: true, description: 'The deadline had passed, and the action is the fallback.' },
      leftOut: { const: true, description: 'The description of the training leaves this event out.' },
      error: reference('Refusal'),
    },
  },
  Verdict: {
    description: 'What an analyst has found, of a stream or of the stream of an event.',
    type: 'object',
    required: ['hostile'],
    properties: {
      hostile: { type: 'boolean' },
      stream: { oneOf: [{ type: 'object' }, { type: 'string' }, { type: 'number' }] },
      event: identifier,
    },
  },
  Refusal: {
    ...{ type: 'object', required: ['code', 'message'] },
    properties: { code: { type: 'string' }, message: { type: 'string' } },
  },
}

const oneOrMore = (name: string) => ({ oneOf: [reference(name), { type: 'array', items: reference(name) }] })
const get = (summary: string, content: object, others: object = {}) => ({
  get: { summary, responses: { 200: { description: summary, content }, default: refused }, ...others },
})
/** No token is asked for. */
const isOpen = { security: [] }

/** OpenAPI 3.1. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Vigil', version: '1', description: 'Decisions of a trained team on live events.' },
  security: [{ token: [] }, {}],
  paths: {
    '/v1/decide': {
      post: {
        summary: 'Decides on one event, an array of events, or a line for each.',
        requestBody: {
          required: true,
          content: { ...json(oneOrMore('Event')), 'application/x-ndjson': { schema: reference('Event') } },
        },
        responses: {
          200: {
            description: 'Decisions in the order and the form of the events.',
            content: { ...json(oneOrMore('Decision')), 'application/x-ndjson': { schema: reference('Decision') } },
          },
          default: refused,
        },
      },
    },
    '/v1/feedback': {
      post: {
        summary: 'Takes verdicts: all of them are kept, or none.',
        requestBody: { required: true, content: json(oneOrMore('Verdict')) },
        responses: {
          200: answer('How many were kept, and how many were on streams that the team remembers.', {
            ...{ type: 'object', properties: { kept: { type: 'integer' }, heard: { type: 'integer' } } },
          }),
          default: refused,
        },
      },
    },
    '/v1/model': get('The team: fingerprints, agents, rule, columns and inputs.', json({ type: 'object' })),
    '/v1/shadow': get(
      'What a team beside this one would have done otherwise, and what the reward table makes of it; null without one.',
      json({ type: ['object', 'null'] }),
    ),
    '/v1/events': get('What is decided, a frame a second.', { 'text/event-stream': { schema: { type: 'string' } } }),
    '/v1/decisions': get('Of the latest decisions those on a stream.', json({ type: 'array' }), {
      parameters: [{ name: 'stream', in: 'query', required: true, schema: { type: 'string' } }],
    }),
    '/v1/drift': get(
      'How inputs differ from the training, and decisions from what was usual.',
      json({ type: 'object' }),
    ),
    '/metrics': get('Counts and times for Prometheus.', { 'text/plain': { schema: { type: 'string' } } }),
    '/openapi.json': get('This document.', json({ type: 'object' })),
    '/healthz': get('The process is alive.', json({ type: 'object' }), isOpen),
    '/readyz': get(
      'The team takes events, and how many stored ones it was checked on; 503 when it is ending.',
      json({ type: 'object' }),
      isOpen,
    ),
  },
  components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
}
