/** Clients that ask and do not take their answers. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Bundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  bundle = team.bundle
})
afterAll(() => folder.remove())

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** Sends bytes again and again, without taking what comes. */
function askOnly(port: number, first: string, again: string) {
  const socket = connect({ port, host: '127.0.0.1' })
  sockets.push(socket)
  socket.on('error', () => undefined)
  socket.pause()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const send = () => {
    while (!socket.destroyed && socket.write(again));
  }
  socket.on('drain', send)
  socket.write(first)
  send()
  return { socket, closed }
}

function certificate() {
  const at = (name: string) => join(folder.path, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at('tls.key')]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', at('tls.pem'), '-days', '2', '-subj', '/CN=x'], {
    stdio: 'ignore',
  })
  return { cert: readFileSync(at('tls.pem'), 'utf8'), key: readFileSync(at('tls.key'), 'utf8') }
}

const GET = 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
const LINES = `POST /v1/decide HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${2 ** 40}\r\n\r\n`

it.each([
  ['requests', '', GET.repeat(1000)],
  // Many bytes of answers for few.
  ['lines', LINES, '5\n'.repeat(1000)],
])('ends a connection that sends %s and takes no answers', async (_, first, again) => {
  const served = await serveTeam(bundle, { patienceMs: 1000 })
  const { closed } = askOnly(served.port, first, again)
  await closed
  await expect.poll(() => served.metric('vigil_streams_open')).toBe(0)
  await served.close()
})

it('ends one patience after it was told to, also where a client takes its answers slowly', async () => {
  const served = await serveTeam(bundle, { patienceMs: 1000 })
  const { socket } = askOnly(served.port, LINES, '5\n'.repeat(1000))
  await wait(500)
  const slowly = setInterval(() => socket.read(4096), 50)
  const since = performance.now()
  await served.close()
  clearInterval(slowly)
  expect(performance.now() - since).toBeLessThan(3000)
})

it('ends a connection that begins no TLS', async () => {
  const tls = { ...certificate(), ca: null }
  const served = await serveTeam(bundle, { tls, patienceMs: 300 })
  const socket = connect({ port: served.port, host: '127.0.0.1' })
  sockets.push(socket)
  await new Promise((resolve) => socket.once('close', resolve).resume())
  await served.close()
})
