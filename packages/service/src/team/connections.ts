/**
 * The way of frames between the members of a team: TLS 1.3 over TCP, both sides known by the certificates in the manifest.
 * Nothing else is expected of it: frames may be lost, and what is in them is checked by whoever reads them.
 */
import type { Socket } from 'node:net'
import { connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { systemReason } from '@vigil/command-line'
import { createFrameReader, encodeFrame, type Frame } from './frames.ts'
import { pemOf } from './self-signed.ts'

/** A member: an agent by its number, or the enforcer. */
export type Member = number | 'enforcer'

/** Who the members are, and who this one is. */
export type Identity = {
  /** by agent, X.509 DER in base64 */
  readonly certificates: readonly string[]
  readonly enforcer: string
  /** PEM of this member's key, and its certificate as in the manifest */
  readonly privateKey: string
  readonly certificate: string
  /** longest frame that is read */
  readonly frameBytesMax: number
}

/** What becomes of what comes. */
export type Receiver = {
  /** a frame from a member that has shown its certificate; where a promise is given back, no more is read of it before */
  readonly onFrame: (from: Member, frame: Frame) => Promise<void> | undefined
  /** a connection to a member, or from it, has come about */
  readonly onOpen: (member: Member) => void
}

/** Bytes that wait for one member at most: what comes on top is dropped, for it may not be there any more. */
const WAITING_BYTES_MAX = 2 ** 24

/** Frames that wait for a member that is not connected, and bytes of them; the oldest are dropped. */
const WAITING_FRAMES_MAX = 64

/** Connections that have not shown a certificate yet; the oldest are ended. */
const STRANGERS_MAX = 64

const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 2000
const HANDSHAKE_MS = 5000
const KEEP_ALIVE_MS = 5000

/** A way to one member. */
export type Connection = {
  /** why it is not open, for people; null = it is */
  readonly trouble: string | null
  send(frame: Frame): void
  close(): void
}

/** Dials a member, again and again for as long as it is not there; frames come back on the same connection. */
export function dial(member: Member, address: string, identity: Identity, receiver: Receiver): Connection {
  let socket: TLSSocket | null = null
  let trouble: string | null = 'not dialled yet'
  let isClosed = false
  let retryMs = RETRY_MS_MIN
  let timer: NodeJS.Timeout | null = null
  const waiting: Buffer[] = []
  let waitingBytes = 0

  function begin(): void {
    timer = null
    const { host, port } = placeOf(address)
    const dialled = connect({
      ...{ host, port, ...tlsOf(identity), ca: [pemOf(certificateOf(member, identity))] },
      // Members are known by their certificates, wherever they are.
      checkServerIdentity: () => undefined,
      timeout: HANDSHAKE_MS,
    })
    socket = dialled
    dialled.once('secureConnect', () => {
      dialled.setTimeout(0)
      trouble = null
      retryMs = RETRY_MS_MIN
      for (const bytes of waiting.splice(0)) dialled.write(bytes)
      waitingBytes = 0
      receiver.onOpen(member)
    })
    dialled.once('timeout', () => dialled.destroy(new Error('it does not answer')))
    dialled.once('error', (cause) => {
      trouble = reasonOf(cause)
    })
    follow(dialled, member, identity, receiver, () => {
      trouble ??= 'it has ended the connection'
      socket = null
      if (isClosed) return
      timer = setTimeout(begin, retryMs)
      retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)
    })
  }

  begin()
  return {
    get trouble() {
      return trouble
    },
    send(frame) {
      const bytes = encodeFrame(frame)
      if (trouble === null && socket !== null) {
        if (socket.writableLength + bytes.length <= WAITING_BYTES_MAX) socket.write(bytes)
        return
      }
      waiting.push(bytes)
      waitingBytes += bytes.length
      while (waiting.length > WAITING_FRAMES_MAX || waitingBytes > WAITING_BYTES_MAX)
        waitingBytes -= waiting.shift()!.length
    },
    close() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      socket?.destroy()
    },
  }
}

function reasonOf(cause: Error): string {
  const isStranger = (cause as NodeJS.ErrnoException).code === 'DEPTH_ZERO_SELF_SIGNED_CERT'
  return isStranger ? 'it shows another certificate than the manifest has' : systemReason(cause)
}

/** Whoever is connected to an agent. */
export type Listener = {
  /** Sends to a member that has dialled; where none has, the frame is dropped. */
  send(to: Member, frame: Frame): void
  /** that it listens at */
  readonly port: number
  close(): void
}

/**
 * Listens for members.
 *
 * @throws what the system says where the address cannot be had
 */
export async function listen(address: string, identity: Identity, receiver: Receiver): Promise<Listener> {
  const sockets = new Map<Member, TLSSocket>()
  const open = new Set<TLSSocket>()
  const ca = [...identity.certificates, identity.enforcer].map(pemOf)
  const settings = {
    ...tlsOf(identity),
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_MS,
  }
  /** by their end: those that have not shown a certificate, the oldest first */
  const strangers = new Map<string, Socket>()
  const server = createServer(settings, (socket) => {
    strangers.delete(endOf(socket))
    const member = memberOf(socket, identity)
    if (member === null) {
      socket.destroy()
      return
    }
    open.add(socket)
    // A member that dials anew has lost its old connection, whether or not this side has heard of it.
    sockets.get(member)?.destroy()
    sockets.set(member, socket)
    follow(socket, member, identity, receiver, () => {
      open.delete(socket)
      if (sockets.get(member) === socket) sockets.delete(member)
    })
    receiver.onOpen(member)
  })
  // Nobody keeps members out by connections on which nothing is said.
  server.on('connection', (socket: Socket) => {
    strangers.set(endOf(socket), socket)
    if (strangers.size <= STRANGERS_MAX) return
    const [[end, oldest]] = strangers
    strangers.delete(end)
    oldest.destroy()
  })
  // Whoever fails at the handshake is none of the members.
  server.on('tlsClientError', (_error, socket) => {
    strangers.delete(endOf(socket))
    socket.destroy()
  })
  const port = await listening(server, address)
  return {
    port,
    send(to, frame) {
      const socket = sockets.get(to)
      if (socket === undefined) return
      const bytes = encodeFrame(frame)
      if (socket.writableLength + bytes.length <= WAITING_BYTES_MAX) socket.write(bytes)
    },
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

async function listening(server: Server, address: string): Promise<number> {
  const { host, port } = placeOf(address)
  return await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const at = server.address()
      resolve(typeof at === 'object' && at !== null ? at.port : port)
    })
  })
}

/** Hands on the frames of a connection until it ends, or brings something else. */
function follow(
  socket: TLSSocket,
  member: Member,
  { frameBytesMax }: Identity,
  { onFrame }: Receiver,
  onClose: () => void,
): void {
  const reader = createFrameReader(frameBytesMax)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  socket.on('data', (piece: Buffer) => {
    const frames = reader.push(piece)
    if (frames === null) {
      socket.destroy()
      return
    }
    const waits = frames.map((frame) => onFrame(member, frame)).filter((wait) => wait !== undefined)
    if (waits.length === 0) return
    socket.pause()
    void Promise.all(waits).then(() => socket.resume())
  })
  // A connection that breaks is dialled again by the side that has dialled it.
  socket.on('error', () => socket.destroy())
  socket.on('close', onClose)
}

/** Who is at the other end: nobody else is while the connection lasts. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function tlsOf({ privateKey, certificate }: Identity) {
  return { key: privateKey, cert: pemOf(certificate), minVersion: 'TLSv1.3' as const }
}

function certificateOf(member: Member, { certificates, enforcer }: Identity): string {
  return member === 'enforcer' ? enforcer : certificates[member]
}

function memberOf(socket: TLSSocket, { certificates, enforcer }: Identity): Member | null {
  const shown = socket.getPeerX509Certificate()?.raw.toString('base64')
  if (shown === enforcer) return 'enforcer'
  const agent = certificates.indexOf(shown ?? '')
  return agent < 0 ? null : agent
}

/** HOST:PORT, the host of IPv6 in brackets. */
export function placeOf(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/** The ways from one member to the others. */
export type Ways = {
  send(to: Member, frame: Frame): void
  close(): void
}

/** How an agent is connected: over TLS, or by whatever else carries frames. */
export type Transport = (
  self: number,
  addresses: readonly string[],
  identity: Identity,
  receiver: Receiver,
) => Promise<Ways>

/**
 * Listens at an agent's address, and dials the other agents.
 *
 * @throws what the system says where the address cannot be had
 */
export const overTls: Transport = async (self, addresses, identity, receiver) => {
  const listener = await listen(addresses[self], identity, receiver)
  const ways = addresses.map((address, other) => (other === self ? null : dial(other, address, identity, receiver)))
  return {
    send(to, frame) {
      // The enforcer is the one that dials.
      if (to === 'enforcer') listener.send(to, frame)
      else ways[to]?.send(frame)
    },
    close() {
      listener.close()
      for (const way of ways) way?.close()
    },
  }
}
