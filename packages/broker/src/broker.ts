/** The connection to the NATS server, and the flags that say where it is and who asks. */
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  AuthorizationError,
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
  PermissionViolationError,
} from '@nats-io/transport-node'
import { type Flags, type FlagTable, systemReason, textFlag } from '@vigil/command-line'
import { VigilError } from '@vigil/errors'
import { brokerError } from './errors.ts'

/** Where a NATS server is, and what opens it. */
export type Broker = {
  /** nats://HOST:PORT or tls://HOST:PORT */
  readonly address: string
  readonly token?: string
  /** seed of an nkey, which never leaves this process */
  readonly nkeySeed?: string
  /** PEM files */
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
}

/** Flags of every command that speaks to a NATS server, but for its address. */
export const BROKER_FLAGS = {
  'token-file': { value: 'FILE', about: 'a file with the token that the NATS server asks for' },
  'nkey-file': { value: 'FILE', about: 'a file with the seed of the nkey that the NATS server knows' },
  'tls-ca': { value: 'FILE', about: "certificate that the NATS server's is signed by; with a tls:// address" },
  'tls-cert': { value: 'FILE', about: 'own certificate, where the NATS server asks for one' },
  'tls-key': { value: 'FILE', about: 'its key' },
} as const satisfies FlagTable

const ADDRESS = /^(nats|tls):\/\/[A-Za-z0-9._-]+(:[0-9]{1,5})?$|^(nats|tls):\/\/\[[0-9a-fA-F:]+\](:[0-9]{1,5})?$/

/**
 * A broker by flags.
 *
 * @param address as given, and the flag that gave it
 * @param prefix  what the flags of its credentials begin with, where one command speaks to two servers: none is shown what is for the other
 * @throws {VigilError} BROKER_ADDRESS
 */
export async function brokerOf(
  flags: Flags,
  { address, flag, prefix = '' }: { address: string; flag: string; prefix?: string },
): Promise<Broker> {
  if (!ADDRESS.test(address)) {
    throw brokerError(
      'BROKER_ADDRESS',
      `--${flag} must be nats://HOST:PORT or tls://HOST:PORT, as nats://10.0.0.5:4222.`,
    )
  }
  const [token, nkeySeed] = [await secret(flags, `${prefix}token-file`), await secret(flags, `${prefix}nkey-file`)]
  const [ca, certificate, key] = ['tls-ca', 'tls-cert', 'tls-key'].map((name) =>
    textFlag(flags, `${prefix}${name}`, 'FILE'),
  )
  const usesTls = address.startsWith('tls://')
  if (!usesTls && (ca ?? certificate ?? key) !== undefined) {
    throw brokerError(
      'BROKER_ADDRESS',
      `Certificates are for TLS: give --${flag}=${address.replace('nats:', 'tls:')}, or leave them out.`,
    )
  }
  return {
    address,
    ...(token !== undefined && { token }),
    ...(nkeySeed !== undefined && { nkeySeed }),
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
  }
}

/** The first line of a file. */
async function secret(flags: Flags, name: string): Promise<string | undefined> {
  const file = textFlag(flags, name, 'FILE')
  if (file === undefined) return undefined
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw brokerError(
      'BROKER_ADDRESS',
      `The file of --${name} cannot be read: ${file}: ${systemReason(cause)}. Give a file of one line.`,
      { cause },
    )
  })
  const [line] = text.trim().split('\n')
  if (line !== '') return line
  throw brokerError('BROKER_ADDRESS', `The file of --${name} is empty: ${file}.`)
}

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
    const reason = cause instanceof Error ? cause.message : String(cause)
    const hint = isRefusal(cause) ? ' Give --token-file or --nkey-file as the server asks.' : ''
    throw brokerError('BROKER', `No connection to the NATS server at ${broker.address}: ${reason}.${hint}`, { cause })
  })
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect')
        note(`the NATS server at ${broker.address} is away; it is tried again until it answers`)
      if (type === 'reconnect') note(`the NATS server at ${broker.address} is back`)
    }
  })()
  return connection
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

/** Whether a server answered that it does not want this client: waiting would not help. */
export function isRefusal(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    (cause instanceof AuthorizationError || /authori[sz]ation|authentication/i.test(cause.message))
  )
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
    ...(address.startsWith('tls://') && {
      tls: {
        ...(ca !== undefined && { caFile: ca }),
        ...(certificate !== undefined && { certFile: certificate }),
        ...(key !== undefined && { keyFile: key }),
      },
    }),
  }
}
