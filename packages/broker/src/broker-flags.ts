/** The flags that say where a NATS server is, and who asks. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { nkeys } from '@nats-io/transport-node'
import { type Flags, type FlagTable, readingRemedy, systemReason, textFlag } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { brokerError } from './errors.ts'

/** Where a NATS server is, and what opens it. */
export type Broker = {
  /** tls://HOST:PORT, which the server's certificate names, or nats://HOST:PORT, which promises nothing of who answers */
  readonly address: string
  /** what the flags of its credentials begin with, where that is something: people are told of those */
  readonly prefix?: string
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

const ADDRESS = /^(?:nats|tls):\/\/(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])(?::([0-9]{1,5}))?$/
const PORT = 4222
const PORT_MAX = 65535

/**
 * A broker by flags. Files of credentials are looked at, so that what is wrong with them is told before anybody is asked.
 *
 * @param address as given, and the flag that gave it
 * @param prefix  what the flags of its credentials begin with, where one command speaks to two servers: none is shown what is for the other
 * @throws {VigilError} BROKER_ADDRESS
 */
export async function brokerOf(
  flags: Flags,
  { address, flag, prefix = '' }: { address: string; flag: string; prefix?: string },
): Promise<Broker> {
  const [isAddress, port = PORT] = ADDRESS.exec(address) ?? []
  if (isAddress === undefined || !URL.canParse(address) || Number(port) < 1 || Number(port) > PORT_MAX) {
    throw brokerError(
      'BROKER_ADDRESS',
      `--${flag} must be nats://HOST:PORT or tls://HOST:PORT, as nats://10.0.0.5:4222, with a port of 1 to ${PORT_MAX}. Credentials are given as files (--${prefix}token-file, --${prefix}nkey-file).`,
    )
  }
  const secret = async (name: string) => await secretIn(textFlag(flags, name, 'FILE'), name)
  const [token, nkeySeed] = [await secret(`${prefix}token-file`), await secret(`${prefix}nkey-file`)]
  if (nkeySeed !== undefined) assertSeed(nkeySeed, `${prefix}nkey-file`)
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
  await assertCertificates({ ca, certificate, key }, prefix)
  return {
    address,
    ...(prefix !== '' && { prefix }),
    ...(token !== undefined && { token }),
    ...(nkeySeed !== undefined && { nkeySeed }),
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { certificate }),
    ...(key !== undefined && { key }),
  }
}

/** Whether two brokers are at one host and port. Hosts are compared as they are spelt: two names of one machine are two hosts. */
export function isOneServer(one: Broker, other: Broker): boolean {
  return placeOf(one) === placeOf(other)
}

function placeOf({ address }: Broker): string {
  const { hostname, port } = new URL(address)
  return `${hostname.toLowerCase()} ${port === '' ? PORT : Number(port)}`
}

/** The first line of a file. */
async function secretIn(file: string | undefined, name: string): Promise<string | undefined> {
  if (file === undefined) return undefined
  const [line] = (await textOf(file, name)).trim().split('\n')
  if (line !== '') return line.trimEnd()
  throw unusable(name, `${file} is empty. Give a file with the secret on its first line`)
}

/** @throws {VigilError} BROKER_ADDRESS, which does not repeat the secret */
function assertSeed(seed: string, name: string): void {
  try {
    if (!seed.startsWith('SU')) throw new Error('another kind of text')
    nkeys.fromSeed(new TextEncoder().encode(seed))
  } catch (cause) {
    throw unusable(
      name,
      'the first line of its file is no seed of the nkey of a user, which begins with SU. Make one with "nk -gen user" or as docs/hosts.md does, and tell the server the public key, which begins with U',
      cause,
    )
  }
}

/** @throws {VigilError} BROKER_ADDRESS for files of which no connection can come */
async function assertCertificates(
  { ca, certificate, key }: { readonly [name in 'ca' | 'certificate' | 'key']: string | undefined },
  prefix: string,
): Promise<void> {
  if ((certificate === undefined) !== (key === undefined)) {
    const [given, lacking] = certificate === undefined ? ['tls-key', 'tls-cert'] : ['tls-cert', 'tls-key']
    throw unusable(`${prefix}${given}`, `a certificate and its key belong together. Give --${prefix}${lacking}, too`)
  }
  if (ca !== undefined) {
    const text = await textOf(ca, `${prefix}tls-ca`)
    isSound(() => new X509Certificate(text), `${prefix}tls-ca`, `${ca} is no certificate in PEM`)
  }
  if (certificate === undefined || key === undefined) return
  const pair = {
    cert: await textOf(certificate, `${prefix}tls-cert`),
    key: await textOf(key, `${prefix}tls-key`),
  }
  isSound(
    () => createSecureContext(pair),
    `${prefix}tls-cert`,
    `${certificate} with ${key} is no certificate in PEM with its key`,
  )
}

function isSound(parse: () => unknown, name: string, otherwise: string): void {
  try {
    parse()
  } catch (cause) {
    throw unusable(name, `${otherwise} (${(cause as Error).message}). Give one that is`, cause)
  }
}

async function textOf(file: string, name: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(name, `${file} cannot be read: ${systemReason(cause)}. ${readingRemedy(cause).slice(0, -1)}`, cause)
  })
}

function unusable(name: string, what: string, cause?: unknown): VigilError {
  return brokerError('BROKER_ADDRESS', `--${name} cannot be used: ${what}.`, { cause })
}
