import { hash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { VigilError } from '@vigil/errors'
import { requestError, serviceError } from '../errors.ts'
import { createRecentEntries } from '../recent-entries.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  const version = isIP(host)
  return version === 0 ? host === 'localhost' : loopback.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Refuses to listen where others could ask and nobody is asked who he is.
 *
 * @throws {VigilError} PUBLIC_ADDRESS
 */
export function assertGuarded(host: string, { isGuarded }: { readonly isGuarded: boolean }): void {
  if (isGuarded || isLoopback(host)) return
  throw serviceError(
    'PUBLIC_ADDRESS',
    `--host=${host} is reached by others. Give --token-file, or --tls-client-ca for certificates of clients, or leave --host out.`,
  )
}

/** What a request tells of who sends it. */
type Credentials = {
  readonly authorization?: string | undefined
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
}

/**
 * Why a request may not be answered; null where it may.
 *
 * @param token what clients must know; null = loopback or certificates guard the service
 * @param isOnLoopback then a request must name this machine, since a page in a browser can be led to a loopback address by another name,
 * and must not come from a page of another origin, which may send what needs no preflight
 */
export function accessRule(token: string | null, isOnLoopback: boolean): (request: Credentials) => VigilError | null {
  const expected = token === null ? null : digest(`Bearer ${token}`)
  return ({ authorization = '', host = '', origin, 'sec-fetch-site': site = 'none' }) => {
    if (expected !== null) {
      if (timingSafeEqual(digest(authorization), expected)) return null
      return requestError('UNAUTHORISED', 'Request: needs the header "Authorization: Bearer TOKEN" of this service.')
    }
    if (!isOnLoopback) return null
    if (!isLoopback(hostname(host))) {
      return requestError('HOST_UNKNOWN', 'Request: needs a header Host that names this machine, such as 127.0.0.1.')
    }
    const isForeign = origin !== undefined && ![`http://${host}`, `https://${host}`].includes(origin)
    if (!isForeign && (site === 'none' || site === 'same-origin')) return null
    return requestError(
      'ORIGIN_FOREIGN',
      'Request: needs to come from no page of another origin. Start the service with --token-file where such pages shall ask it.',
    )
  }
}

/** Digests have one length, whatever was sent. */
function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** Of `127.0.0.1:8080` or `[::1]:8080`. */
function hostname(host: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '')
}

/** Most clients whose rate is known at a time. */
const CLIENTS_MAX = 10_000

/**
 * Counts the requests of each client: `perSecond` on average, and as many at once.
 *
 * @param clock milliseconds from any moment on
 * @returns whether one more request of a client is within the rate
 */
export function rateLimit(perSecond: number, clock: () => number): (client: string) => boolean {
  // A client that is forgotten begins anew.
  const clients = createRecentEntries<string, { left: number; at: number }>(CLIENTS_MAX)
  return (client) => {
    const now = clock()
    const known = clients.use(client)
    const bucket = known ?? { left: perSecond, at: now }
    if (known === undefined) clients.put(client, bucket)
    bucket.left = Math.min(perSecond, bucket.left + ((now - bucket.at) / 1000) * perSecond)
    bucket.at = now
    if (bucket.left < 1) return false
    bucket.left--
    return true
  }
}
