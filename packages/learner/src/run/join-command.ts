import type { Broker } from '@vigil/broker'

/** What a host is started by, with a flag for everything that this server asks for. */
export function joinCommand({ address, token, nkeySeed, ca, certificate }: Broker): string {
  return [
    `npx nx run actors:join --server=${address}`,
    ...(token === undefined ? [] : ['--token-file=FILE']),
    // The server binds the name of a host to its nkey.
    ...(nkeySeed === undefined ? [] : ['--name=NAME --nkey-file=FILE']),
    ...(ca === undefined ? [] : ['--tls-ca=FILE']),
    ...(certificate === undefined ? [] : ['--tls-cert=FILE --tls-key=FILE']),
  ].join(' ')
}
