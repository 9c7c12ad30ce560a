/** The connection to the NATS server. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
  PermissionViolationError,
} from '@nats-io/transport-node'
import { VigilError } from '@vigil/errors'
import type { Broker } from './broker-flags.ts'
import { brokerError } from './errors.ts'
import { isRefusal, troubleOf } from './trouble.ts'

/**
 * Connects, and stays connected: after a first success the client reconnects for ever, also where the server refuses for a while.
 *
 * @param name shown by the server's monitoring
 * @param inbox what the subjects begin with on which answers are waited for; without it those of the client
 * @param note hears when the connection goes and comes
 * @throws {VigilError} BROKER
 */
export async function openBroker(
  broker: Broker,
  { name, inbox, note }: { name: string; inbox?: string; note: (text: string) => void },
): Promise<NatsConnection> {
  const connection = await connect(optionsOf(broker, { name, inbox })).catch((cause: unknown) => {
    throw brokerError('BROKER', troubleOf(cause, broker), { cause })
  })
  void noteChanges(connection, broker, note)
  return connection
}

/** Tells once that the server is away, once that it refuses this client meanwhile, and when it is back. */
async function noteChanges(connection: NatsConnection, broker: Broker, note: (text: string) => void): Promise<void> {
  const told = new Set<string>()
  const once = (text: string) => {
    if (!told.has(text)) note(text)
    told.add(text)
  }
  for await (const status of connection.status()) {
    if (status.type === 'disconnect')
      once(`the NATS server at ${broker.address} is away; it is tried again until it answers`)
    else if (status.type === 'error' && isRefusal(status.error))
      once(`${troubleOf(status.error, broker)} It is tried again.`)
    else if (status.type === 'reconnect') {
      // The client may tell it twice.
      if (told.size > 0) note(`the NATS server at ${broker.address} is back`)
      told.clear()
    }
  }
}

/** Before a server that is away is tried again, in milliseconds. */
const AGAIN_MS = 500

/**
 * Connects to a server that may be away still: it is tried until it answers, and that is noted once.
 *
 * @returns null where an end was asked for before
 * @throws {VigilError} BROKER where the server refuses who asks: waiting would not help
 */
export async function awaitBroker(
  broker: Broker,
  { stop, ...options }: Parameters<typeof openBroker>[1] & { readonly stop: AbortSignal },
): Promise<NatsConnection | null> {
  for (let isTold = false; !stop.aborted; isTold = true) {
    try {
      return await openBroker(broker, options)
    } catch (error) {
      const isAway = error instanceof VigilError && !isRefusal(error.cause)
      if (!isAway) throw error
      if (!isTold) options.note(`${error.message} It is tried again until it answers.`)
      await pause(AGAIN_MS, undefined, { signal: stop }).catch(() => undefined)
    }
  }
  return null
}

/** How long what is still to be sent is waited for: a server that is away takes nothing. */
const DRAIN_MS = 2000

/** Sends what is still to be sent, where that can be done, and closes the connection. */
export async function closeBroker(connection: NatsConnection): Promise<void> {
  // Closed already where the server refused; away where it does not end in time.
  await Promise.race([connection.drain().catch(() => undefined), pause(DRAIN_MS, undefined, { ref: false })])
  await connection.close()
}

/** Whether a server does not let this client hear or say something: waiting would not help. */
export function isDenied(cause: unknown): boolean {
  return cause instanceof PermissionViolationError || (cause instanceof Error && isDenied(cause.cause))
}

function optionsOf(
  { address, token, nkeySeed, ca, certificate, key }: Broker,
  { name, inbox }: { name: string; inbox: string | undefined },
): NodeConnectionOptions {
  return {
    servers: address.replace(/^[a-z]+:\/\//, ''),
    name,
    // The default stops at ten.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 500,
    timeout: 5000,
    pingInterval: 20_000,
    // Servers that the first one names would be tried too: only the one that was given is.
    ignoreClusterUpdates: true,
    // Nobody asks himself.
    noEcho: true,
    ...(inbox !== undefined && { inboxPrefix: inbox }),
    ...(token !== undefined && { token }),
    ...(nkeySeed !== undefined && { authenticator: nkeyAuthenticator(new TextEncoder().encode(nkeySeed)) }),
    // nats:// promises nothing of who answers: the server says whether there is TLS, and nobody looks for the address in its certificate.
    ...(address.startsWith('tls://') && {
      tls: {
        // Where the address is one of numbers Node would have the certificate name "localhost".
        ...{ host: new URL(address).hostname.replace(/^\[|\]$/g, '') },
        ...(ca !== undefined && { caFile: ca }),
        ...(certificate !== undefined && { certFile: certificate }),
        ...(key !== undefined && { keyFile: key }),
      },
    }),
  }
}
