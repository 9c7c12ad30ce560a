/** A service on a free port of loopback, in this process. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle } from '@vigil/runs'
import { pino } from 'pino'
import { createDecisionService, type DecisionServiceSettings } from './decision-service.ts'
import { openFeedbackFile } from './feedback-file.ts'
import { createServer, type ServerSettings } from './server.ts'

/** Vigil's own JSON. */
export const VIGIL_OUTPUT = { format: 'vigil', envelope: 'none', quarantineOf: 'object', isShadow: false } as const

const NO_ALARMS = { window: 10_000, baseline: 10_000, runLength: 1_000_000, onAlarm: () => undefined }

export async function serveTeam(bundle: Bundle, changes: Partial<DecisionServiceSettings & ServerSettings> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-serve-'))
  const feedback = join(folder, 'feedback.jsonl')
  const ending = new AbortController()
  const logged: string[] = []
  const file = await openFeedbackFile(feedback, () => 0)
  const settings = {
    output: VIGIL_OUTPUT,
    ...{ file, deadlineMs: null, idsRemembered: 1000, streamBytes: 2 ** 24, why: false, nearest: null, shield: false },
    ...{
      clock: () => performance.now(),
      now: () => Date.now(),
      frameMs: 50,
      dashboard: [],
      onEvent: null,
      onShield: () => undefined,
      drift: NO_ALARMS,
      shadow: null,
      host: '127.0.0.1',
      token: null,
      tls: null,
      rate: 1_000_000,
    },
    ...{ streams: 4, connections: 64, patienceMs: 10_000, stop: ending.signal },
    logger: pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
    ...changes,
  }
  const service = await createDecisionService(bundle, settings)
  const server = createServer(service, settings, 0)
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const url = `http${settings.tls === null ? '' : 's'}://127.0.0.1:${port}`
  const end = async () => {
    ending.abort()
    await server.close()
  }
  return {
    ...{ url, port, feedback, logged, service, end },
    async close() {
      await end()
      await file.close()
      rmSync(folder, { recursive: true })
    },
    async post(path: string, body: unknown, headers: Record<string, string> = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const type = { 'content-type': 'application/json', ...headers }
      return await fetch(`${url}${path}`, { method: 'POST', body: text, headers: type })
    },
    /** A counter or gauge of /metrics; undefined of one that never counted. */
    async metric(name: string): Promise<number | undefined> {
      const line = (await service.metrics.text()).split('\n').find((text) => text.startsWith(`${name} `))
      return line === undefined ? undefined : Number(line.slice(name.length + 1))
    },
  }
}
