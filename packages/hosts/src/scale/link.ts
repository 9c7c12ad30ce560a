/** Carries connections over a line: who connects here reaches a server as if it were far away. */
import { once } from 'node:events'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { type LineSettings, lineOf } from './line.ts'

/** Bytes of a connection that wait for the line at most; whoever sends more waits. */
const BUFFER_BYTES = 65_536

/** Where something listens. */
export type Address = { readonly host: string; readonly port: number }

/** Connections over one line, which all of them share. */
export type Link = {
  /**
   * Takes connections at an address.
   *
   * @param port 0 = any that is free
   * @returns the port
   */
  listen(address: Address): Promise<number>
  /** Ends all connections. */
  close(): void
}

/**
 * Opens a line to a server. It delays and slows down what passes, and loses nothing but what a broken connection does: there is no slow start, and no jitter.
 *
 * @example
 * const link = openLink({ host: '127.0.0.1', port: 4222 }, { delayMs: 20, bitsPerSecond: 1e8 })
 * const port = await link.listen({ host: '127.0.0.1', port: 0 })
 */
export function openLink(to: Address, settings: LineSettings): Link {
  const [there, back] = [lineOf(settings), lineOf(settings)]
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  const join = (near: Socket) => {
    const far = dial({ ...to, allowHalfOpen: true })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      // An error is followed by the end.
      socket.on('error', () => undefined)
      socket.once('close', (isBroken) => {
        sockets.delete(socket)
        // What was sent before an end arrives; the end is carried behind it.
        if (isBroken || !socket.readableEnded) other.destroy()
      })
    }
    carry(near, far, there)
    carry(far, near, back)
  }
  return {
    async listen({ host, port }) {
      const server = createServer({ allowHalfOpen: true }, join).listen(port, host)
      servers.push(server)
      await once(server, 'listening')
      return (server.address() as { port: number }).port
    },
    close() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

type Underway = { readonly bytes: Buffer; readonly leftMs: number; readonly arrivedMs: number }

/** Hands on what comes of one socket, and its end, when the line has carried it. */
function carry(from: Socket, to: Socket, send: ReturnType<typeof lineOf>): void {
  const underway: Underway[] = []
  let timer: NodeJS.Timeout | null = null
  let isEnded = false
  const pump = () => {
    timer = null
    const nowMs = performance.now()
    while (underway.length > 0 && underway[0].arrivedMs <= nowMs) to.write(underway.shift()!.bytes)
    if (isEnded && underway.length === 0) to.end()
    const waiting = underway.filter(({ leftMs }) => leftMs > nowMs)
    const isFull = waiting.reduce((sum, { bytes }) => sum + bytes.length, 0) >= BUFFER_BYTES || to.writableNeedDrain
    if (isFull) from.pause()
    else from.resume()
    const nextMs = Math.min(
      underway[0]?.arrivedMs ?? Number.POSITIVE_INFINITY,
      waiting[0]?.leftMs ?? Number.POSITIVE_INFINITY,
    )
    if (nextMs < Number.POSITIVE_INFINITY) timer = setTimeout(pump, Math.max(0, nextMs - nowMs))
  }
  const pumpNow = () => {
    if (timer !== null) clearTimeout(timer)
    pump()
  }
  from.on('data', (bytes: Buffer) => {
    underway.push({ bytes, ...send(bytes.length, performance.now()) })
    pumpNow()
  })
  from.once('end', () => {
    isEnded = true
    pumpNow()
  })
  to.on('drain', pumpNow)
  to.once('close', () => {
    if (timer !== null) clearTimeout(timer)
  })
}
