/** Why a connection to a NATS server did not come about, in words, and what to do about it. */
import { AuthorizationError, errors } from '@nats-io/transport-node'
import { systemReason } from '@vigil/command-line'
import type { Broker } from './broker-flags.ts'

/** What OpenSSL and Node say of a certificate that is signed by none that is trusted. */
const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]

/** By the error's code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'Nobody listens there: start the server (nats-server -a ADDRESS -p PORT), or give the address of one that runs.',
  ECONNRESET: 'Give the port at which a NATS server listens.',
  ENOTFOUND: 'Look at how the name is spelt.',
  EAI_AGAIN: 'Look at how the name is spelt, and at the network.',
  EHOSTUNREACH: 'There is no way to that machine: look at the address, and at the network.',
  ENETUNREACH: 'There is no way to that network: look at the address, and at the network.',
  ETIMEDOUT: 'That machine does not answer: look at the address, the network and its firewall.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'Give the server by a name that its certificate has, or give it a certificate with this one.',
  CERT_HAS_EXPIRED: 'Give the server a new certificate.',
  CERT_NOT_YET_VALID: 'Look at the clocks of both machines.',
}

/** A connection that did not come about, as two sentences: what was met, and what to do. */
export function troubleOf(cause: unknown, broker: Broker): string {
  return `No connection to the NATS server at ${broker.address}: ${reasonOf(cause)}. ${remedyFor(cause, broker)}`
}

/** Whether a server answered that it does not want this client: waiting would not help. */
export function isRefusal(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    (cause instanceof AuthorizationError || /authori[sz]ation|authentication/i.test(cause.message))
  )
}

/** The client hides what the system said behind an error of its own. */
function codeOf(cause: unknown): string {
  const { code, cause: inner } = (cause ?? {}) as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException }
  return inner?.code ?? code ?? ''
}

function reasonOf(cause: unknown): string {
  if (cause instanceof errors.TimeoutError) return 'something listens there, but has not answered as a NATS server does'
  // What Node adds for whoever starts it is nothing for people here.
  const text = cause instanceof Error ? systemReason(cause).replace(/; if the root CA .*/, '') : String(cause)
  return text.includes('undefined error') ? 'the connection was closed at once' : text.replace(/\.$/, '')
}

function remedyFor(cause: unknown, { address, token, nkeySeed, certificate, prefix = '' }: Broker): string {
  const flag = (name: string) => `--${prefix}${name}`
  if (isRefusal(cause)) {
    if (nkeySeed !== undefined)
      return `The server does not know the nkey of ${flag('nkey-file')}: let it, or give another one.`
    if (token !== undefined)
      return `The server asks for another token than that of ${flag('token-file')}, or for an nkey (${flag('nkey-file')}).`
    return `The server asks who it is: give ${flag('token-file')} or ${flag('nkey-file')}. A name with a password cannot be given.`
  }
  const code = codeOf(cause)
  const secure = address.replace('nats:', 'tls:')
  if (UNTRUSTED.includes(code)) {
    return `Its certificate is signed by none that is trusted here: give the one that has signed it, ${secure} with ${flag('tls-ca')}=FILE.`
  }
  if (Object.hasOwn(REMEDIES, code)) return REMEDIES[code]
  if (cause instanceof Error && cause.message.includes("does not support 'tls'")) {
    return `Give ${address.replace('tls:', 'nats:')}, or let the server speak TLS.`
  }
  if (address.startsWith('tls:') && certificate === undefined) {
    return `Give the port of a NATS server; where it asks for certificates of clients, give ${flag('tls-cert')} and ${flag('tls-key')}.`
  }
  return address.startsWith('tls:')
    ? `Give the port of a NATS server, and a certificate (${flag('tls-cert')}) that it knows.`
    : 'Give the port at which a NATS server listens for clients (4222 unless told).'
}
