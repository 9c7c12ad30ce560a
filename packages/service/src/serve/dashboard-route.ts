import type { DashboardFile } from '@vigil/dashboard'
import type { FastifyInstance } from 'fastify'

/** Nothing from elsewhere, no script in the page, nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page at `/` and its files, which hold nothing of the service and need no token. */
export function addDashboardRoutes(app: FastifyInstance, files: readonly DashboardFile[]): void {
  for (const { path, type, bytes, isVersioned } of files) {
    app.get(path, async (_request, reply) =>
      reply
        .headers({
          ...{
            'content-security-policy': POLICY,
            'x-content-type-options': 'nosniff',
            'referrer-policy': 'no-referrer',
          },
          'cache-control': isVersioned ? 'public, max-age=31536000, immutable' : 'no-cache',
        })
        .type(type)
        .send(bytes),
    )
  }
}
