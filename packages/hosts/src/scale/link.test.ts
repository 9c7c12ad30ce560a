import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, connect as dial, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { type Link, openLink } from './link.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }
let server: Server
let link: Link
afterEach(() => {
  link.close()
  server.close()
})

/** A server that sends back what it gets, over a line. */
async function echoOver(line: Parameters<typeof openLink>[1]) {
  server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, LOOPBACK.host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  link = openLink({ ...LOOPBACK, port }, line)
  const socket = dial(await link.listen(LOOPBACK), LOOPBACK.host)
  await once(socket, 'connect')
  return socket
}

/** Sends bytes and waits until as many have come back. */
async function echo(socket: Awaited<ReturnType<typeof echoOver>>, bytes: Uint8Array) {
  const startMs = performance.now()
  socket.write(bytes)
  const chunks: Buffer[] = []
  for (let length = 0; length < bytes.length; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    chunks.push(chunk)
    length += chunk.length
  }
  return { tookMs: performance.now() - startMs, bytes: Buffer.concat(chunks) }
}

it('is as late as the delay in both directions, and as slow as the bandwidth, and changes no byte', async () => {
  const socket = await echoOver({ delayMs: 30, bitsPerSecond: 8e6 })
  // The first byte is no sooner back than two delays; the last of 200,000 leaves after 200 ms.
  expect((await echo(socket, randomBytes(1))).tookMs).toBeGreaterThanOrEqual(59)
  const sent = randomBytes(200_000)
  const { tookMs, bytes } = await echo(socket, sent)
  expect(tookMs).toBeGreaterThanOrEqual(259)
  const hashes = [sent, bytes].map((data) => createHash('sha256').update(data).digest('hex'))
  expect(hashes[1]).toBe(hashes[0])
  socket.destroy()
})

it('takes no more of who sends than the line and its buffer hold', async () => {
  const socket = await echoOver({ delayMs: 10, bitsPerSecond: 8e4 })
  socket.write(randomBytes(2 ** 24))
  // 10,000 bytes a second: nearly all of it stays with the sender, who is told that it must wait.
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(socket.writableNeedDrain).toBe(true)
  expect(socket.writableLength).toBeGreaterThan(2 ** 22)
  socket.destroy()
})

it('carries what was sent before an end, then the end, in both directions', async () => {
  const heard: Buffer[] = []
  const sent = randomBytes(200_000)
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => heard.push(bytes)).once('end', () => socket.end(sent))
  }).listen(0, LOOPBACK.host)
  await once(server, 'listening')
  link = openLink(
    { ...LOOPBACK, port: (server.address() as { port: number }).port },
    { delayMs: 20, bitsPerSecond: 1e8 },
  )
  const socket = dial({ ...LOOPBACK, port: await link.listen(LOOPBACK), allowHalfOpen: true })
  const asked = randomBytes(50_000)
  socket.end(asked)
  const answer: Buffer[] = []
  socket.on('data', (bytes: Buffer) => answer.push(bytes))
  await once(socket, 'close')
  expect(Buffer.concat(heard).equals(asked)).toBe(true)
  expect(Buffer.concat(answer).equals(sent)).toBe(true)
})

it('ends on both sides where one of them ends', async () => {
  const socket = await echoOver({ delayMs: 0, bitsPerSecond: 1e9 })
  const [accepted] = await Promise.all([
    once(server, 'connection'),
    echo(dial(await link.listen(LOOPBACK), LOOPBACK.host), randomBytes(1)),
  ])
  const ended = once(accepted[0], 'close')
  link.close()
  await once(socket, 'close')
  await ended
})
